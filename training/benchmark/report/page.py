"""The page put together: figures as text and SVG, traces compressed, style and script inside.

The page asks no network for anything, and its Content-Security-Policy sees to it: it may run one
script, told by its hash, and load nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agent.json_values import is_array, is_object
from training.benchmark.figures import Summary
from training.benchmark.records import HALLUCINATIONS, Result
from training.benchmark.report import words
from training.benchmark.report.traces import entry, trace
from training.benchmark.report.views import FUNCTIONS
from training.benchmark.summary import summarise

_FOLDER = Path(__file__).parent / "page"
_STYLES = ("base.css", "figures.css", "traces.css", "print.css")
_SCRIPTS = ("data.js", "trace.js", "attempts.js")

_DEFINITIONS = {
    "Call": "Each tool call of each act that the model proposed, whether it was mended later, "
    "refused or run. An attempt at an act that cannot be read counts as one.",
    "Hallucination": "A call with at least one of: "
    + ", ".join(words.title(code) for code in HALLUCINATIONS)
    + ". The other faults are mistakes of form.",
    "Unbacked claim": "A reply that states an amount, a date, a reference or that something was "
    "done, which no message and no result holds. Its rate is of replies.",
    "Ungrounded value": "An argument that nothing the person said and no result gives, after "
    "dates, places and numbers were normalised.",
    "Foreign id": "An id of another kind of thing, of another conversation, or expired.",
    "Called, abstained, malformed": "Three outcomes of an act: at least one tool call; a reply or "
    "prose without an attempt at a call; an attempt at a call that cannot be read.",
    "Undecided": "An argument that its rule leaves to the model, so that the evidence can tell "
    "neither way. Counted apart, never as right.",
    "Solved": "The goal holds in the world at the end, and nothing else was written; of a single "
    "decision: it is one of those that are right.",
    "Do nothing, always ask, gold replay": "Baselines: decline always, ask always, and the acts "
    "of an agent that makes no mistake.",
    "Intervals": "Wilson where observations are independent; else a bootstrap over tasks, since "
    "calls of one task are not. pass^k is the chance that k attempts at a task all succeed.",
}


def write(results: Iterable[Result], manifest: Mapping[str, Any], out: Path) -> None:
    """Write the report of a run to the file `out`; its folder is made where there is none.

    `manifest` says how the run was made, as any JSON object: its members are listed as they are.
    Raises ValueError where two results are of the same attempt.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(results, manifest), encoding="utf-8", newline="\n")


def render(results: Iterable[Result], manifest: Mapping[str, Any]) -> str:
    """The report as HTML. Does not depend on the order of the results."""
    lines: list[tuple[tuple[Any, ...], bytes, bytes]] = []
    seen: dict[str, dict[str, None]] = {}

    def told(results: Iterable[Result]) -> Iterator[Result]:
        # Traces are made on the way to the figures: a run is read once and never held whole.
        for result in results:
            shown = entry(result)
            _collect(seen, shown)
            lines.append((result.key, orjson.dumps(shown), orjson.dumps(trace(result))))
            yield result

    summary = summarise(told(results))
    # Attempts at the same task side by side: their traces are alike and compress well.
    lines.sort(key=lambda line: line[0])
    script = "\n".join(_read(name) for name in _SCRIPTS)
    return (
        _environment(summary)
        .get_template("page.html.jinja")
        .render(
            style=Markup("\n".join(_read(name) for name in _STYLES)),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=_hash(script),
            entries=_packed([line[1] for line in lines]),
            traces=_packed([line[2] for line in lines]),
            filters=_filters(seen),
            settings=list(_settings(manifest)),
            planned=_planned(manifest),
            definitions=_DEFINITIONS,
            hallucinations=HALLUCINATIONS,
        )
    )


def _environment(summary: Summary) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    functions: dict[str, Any] = {**FUNCTIONS, "summary": summary}
    environment.globals.update(functions)
    return environment


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").strip()


def _hash(script: str) -> str:
    """The source expression that lets exactly this inline script run (CSP Level 3, 2.3.1)."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _packed(lines: Sequence[bytes]) -> str:
    return base64.b64encode(gzip.compress(b"\n".join(lines), mtime=0)).decode()


def _collect(seen: dict[str, dict[str, None]], shown: Mapping[str, Any]) -> None:
    """Remember every value that a filter can have."""
    for name in ("suite", "model", "mode", "language"):
        seen.setdefault(name, {})[shown[name]] = None
    for name, member in (("category", "categories"), ("fault", "faults")):
        seen.setdefault(name, {}).update(dict.fromkeys(shown[member]))


def _filters(seen: Mapping[str, Mapping[str, None]]) -> dict[str, list[tuple[str, str]]]:
    """The values and labels of each filter, in the order in which the page shows the filters."""

    def sorted_values(name: str) -> list[tuple[str, str]]:
        return [(value, value) for value in sorted(seen.get(name, {})) if value]

    return {
        "suite": sorted_values("suite"),
        "model": sorted_values("model"),
        "mode": sorted_values("mode"),
        "category": [(value, words.title(value)) for value, _ in sorted_values("category")],
        "language": sorted_values("language"),
        "outcome": [("solved", "solved"), ("unsolved", "unsolved"), ("error", "error")],
        "fault": [
            ("none", "none"),
            ("any", "any"),
            ("hallucination", "any hallucination"),
            *((value, words.title(value)) for value, _ in sorted_values("fault")),
        ],
    }


def _planned(manifest: Mapping[str, Any]) -> int:
    """How many attempts the whole run comes to; 0 where the manifest does not tell."""
    planned = manifest.get("attempts")
    return planned if isinstance(planned, int) else 0


def _settings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar of a manifest with its dotted name; a list of scalars in one line."""
    if is_object(value):
        for key, item in value.items():
            yield from _settings(item, f"{name}.{key}" if name else str(key))
    elif is_array(value) and any(is_object(item) or is_array(item) for item in value):
        for position, item in enumerate(value, 1):
            yield from _settings(item, f"{name} {position}")
    else:
        yield name, " ".join(map(_scalar, value)) if is_array(value) else _scalar(value)


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
