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
from urllib.parse import urlencode

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agent.json_values import is_array, is_object
from training.benchmark import notation
from training.benchmark.figures import Contender, Part, PartRow, Row, SuiteFigures, Summary
from training.benchmark.records import HALLUCINATIONS, Result
from training.benchmark.report import plots, words
from training.benchmark.report.conduct import conduct
from training.benchmark.report.traces import entry, trace
from training.benchmark.summary import summarise
from training.benchmark.tables import audit

_FOLDER = Path(__file__).parent / "page"
_STYLES = ("base.css", "figures.css", "traces.css", "print.css")
_SCRIPTS = ("data.js", "trace.js", "attempts.js")
_MODES = ("free", "schema", "grounded")

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
    "Solved": "The goal holds in the world at the end, and nothing else was written.",
    "Do nothing, always ask, gold replay": "Baselines: decline always, ask always, and the acts "
    "of an agent that makes no mistake.",
    "Intervals": "Wilson where observations are independent; else a bootstrap over tasks, since "
    "calls of one task are not. pass^k is the chance that k attempts at a task all succeed.",
}

_SPENDINGS = {
    "prompt_tokens": "prompt tokens",
    "completion_tokens": "completion tokens",
    "seconds": "seconds in the model",
    "executed_calls": "executed calls",
}


def write(results: Iterable[Result], manifest: Mapping[str, Any], out: Path) -> None:
    """Write the report of a run to the file `out`; its folder is made where there is none.

    `manifest` says how the run was made, as any JSON object: its members are listed as they are.
    Raises ValueError where two results are of the same attempt.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(results, manifest), encoding="utf-8")


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
    functions: dict[str, Any] = {
        "summary": summary,
        "scatter_height": plots.SCATTER_HEIGHT,
        "played": plots.played,
        "panels": plots.panels,
        "rates_axis": plots.rates_axis,
        "scatter": plots.scatter,
        "at": _at,
        "shape": _shape,
        "search": _search,
        "find": _find,
        "by_contender": _by_contender,
        "most_spent": _most_spent,
        "spendings": _SPENDINGS,
        "contenders": _contenders,
        "row_of": _row_of,
        "models_first": _models_first,
        "measures": conduct,
        "notation": notation,
        "audit": audit,
        "answers": words.answers,
        "counted": words.counted,
        "interval": words.interval,
        "percent": words.percent,
        "title": words.title,
    }
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


def _at(share: float | None) -> float:
    return round(100 * min(max(share or 0.0, 0.0), 1.0), 2)


def _shape(mode: str) -> str:
    """The marker of a mode, which is its style class too."""
    return f"mode-{mode if mode in _MODES else 'other'}"


def _search(**filters: str) -> str:
    """The address that shows the attempts which these filters keep."""
    return "#?" + urlencode(filters)


def _find(suite: SuiteFigures, contender: Contender, *more: str, **filters: str) -> str:
    """The address of one contender's attempts; `more` is one filter's name and value."""
    one = {more[0]: more[1]} if more else {}
    return _search(
        suite=suite.name, model=contender.contestant, mode=contender.mode, **one, **filters
    )


def _contenders(summary: Summary) -> list[Contender]:
    """Everyone who played any suite, in the order of the suites' rows, baselines last."""
    rows = [row.contender for suite in summary.suites for row in suite.rows]
    return sorted(dict.fromkeys(rows), key=lambda contender: contender.baseline)


def _models_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.contender.baseline)


def _row_of(suite: SuiteFigures, contender: Contender) -> Row | None:
    return next((row for row in suite.rows if row.contender == contender), None)


def _by_contender(part: Part) -> dict[Contender, PartRow]:
    return {row.contender: row for row in part.rows}


def _most_spent(suite: SuiteFigures, field: str) -> float:
    spends = [row.costs.per_solved for row in plots.played(suite)]
    return max((getattr(spend, field) for spend in spends if spend), default=0.0)
