"""A model card in Markdown: what an adapter is, where it comes from, what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from pydantic import BaseModel, ValidationError

from agent.models.adapter import Adapter
from agent.models.files import whole_file
from agent.models.shipping import FOLDER
from tools.errors import ModelError

CARD = "README.md"
BENCHMARKS = "report.json"
_MEGABYTE = 1_000_000
_MODULES = 7
"""Projections of a layer: with all of them an adapter is on every linear layer."""


class _Estimate(BaseModel):
    """`count` of `total` and the share's 95 % interval, as reports hold it."""

    count: float
    total: int
    value: float | None
    low: float | None
    high: float | None


class _Contender(BaseModel):
    contestant: str
    mode: str
    baseline: bool


class _Row(BaseModel):
    contender: _Contender
    solved: _Estimate
    pass_hat: Sequence[_Estimate]
    hallucinated_calls: _Estimate
    hallucinated_tasks: _Estimate


class _Suite(BaseModel):
    name: str
    tasks: int
    trials: int
    rows: Sequence[_Row]


class _Report(BaseModel):
    suites: Sequence[_Suite]


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one suite, as text; `rows` by column name."""

    suite: str
    tasks: int
    trials: int
    rows: Sequence[Mapping[str, str]]


def write_card(
    folder: Path, reports: Sequence[Path], name: str | None = None, out: Path | None = None
) -> Path:
    """Write the card of the adapter in `folder`; its path. Raises `ModelError`."""
    target = out or folder / CARD
    with whole_file(target) as part:
        part.write_text(card(folder, reports, name), encoding="utf-8")
    return target


def card(folder: Path, reports: Sequence[Path], name: str | None = None) -> str:
    """The card as Markdown, with the YAML head that model hubs read.

    `reports` are folders that `callsign bench report` wrote. Raises `ModelError`.
    """
    adapter = Adapter(folder)
    environment = Environment(
        autoescape=False,  # noqa: S701 - Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = resources.files("agent.models").joinpath("card.md.jinja").read_text("utf-8")
    return environment.from_string(template).render(
        name=name or f"{adapter.provenance.base_name}-{adapter.name}",
        adapter=adapter,
        said=adapter.provenance,
        modules=_modules(adapter),
        megabytes=f"{adapter.weights_file.stat().st_size / _MEGABYTE:.1f}",
        shipped=folder.resolve() == FOLDER.resolve(),
        tables=[table for report in reports for table in tables(report)],
    )


def tables(folder: Path) -> list[Table]:
    """The figures in a report's folder. Raises `ModelError` where it holds none."""
    path = folder / BENCHMARKS if folder.is_dir() else folder
    try:
        report = _Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        fault = str(error).splitlines()[0]
        raise ModelError(
            f"{path} is no report ({fault}); write one with: callsign bench report {folder}"
        ) from error
    return [_table(suite) for suite in report.suites]


def _table(suite: _Suite) -> Table:
    return Table(suite.name, suite.tasks, suite.trials, [_row(one) for one in suite.rows])


def _row(row: _Row) -> Mapping[str, str]:
    who = row.contender
    return {
        "model": f"*{who.contestant}*" if who.baseline else who.contestant,
        "mode": "" if who.baseline else who.mode,
        "solved": _share(row.solved),
        "pass_hat": _share(row.pass_hat[-1]) if row.pass_hat else "–",
        "calls": _share(row.hallucinated_calls),
        "hallucinated": _share(row.hallucinated_tasks),
    }


def _share(one: _Estimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "–"
    if one.count == 0:
        return f"0 of {one.total} (at most {100 * one.high:.1f} %)"
    shown = f"{100 * one.value:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"
    return f"{one.count:g} of {one.total}, {shown}"


def _modules(adapter: Adapter) -> str:
    named = sorted(adapter.config.get("target_modules") or ())
    return "all linear layers" if len(named) == _MODULES else ", ".join(named) or "its layers"
