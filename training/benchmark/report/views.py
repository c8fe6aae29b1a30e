"""What the templates ask of the figures: where shares stand, where links lead, in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from training.benchmark import notation
from training.benchmark.figures import Contender, Part, PartRow, Row, SuiteFigures, Summary
from training.benchmark.report import plots, words
from training.benchmark.report.conduct import conduct
from training.benchmark.tables import audit

_MODES = ("free", "schema", "grounded")
_SPENDINGS = {
    "prompt_tokens": "prompt tokens",
    "completion_tokens": "completion tokens",
    "seconds": "seconds in the model",
    "executed_calls": "executed calls",
}


def at(share: float | None) -> float:
    """A share in per cent of a bar; 0 where there is none."""
    return round(100 * min(max(share or 0.0, 0.0), 1.0), 2)


def shape(mode: str) -> str:
    """The marker of a mode, which is its style class too."""
    return f"mode-{mode if mode in _MODES else 'other'}"


def search(**filters: str) -> str:
    """The address that shows the attempts which these filters keep."""
    return "#?" + urlencode(filters)


def find(suite: SuiteFigures, contender: Contender, *more: str, **filters: str) -> str:
    """The address of one contender's attempts; `more` is one filter's name and value."""
    one = {more[0]: more[1]} if more else {}
    return search(
        suite=suite.name, model=contender.contestant, mode=contender.mode, **one, **filters
    )


def contenders(summary: Summary) -> list[Contender]:
    """Everyone who played any suite, in the order of the suites' rows, baselines last."""
    rows = [row.contender for suite in summary.suites for row in suite.rows]
    return sorted(dict.fromkeys(rows), key=lambda contender: contender.baseline)


def models_first(rows: Sequence[Row]) -> list[Row]:
    """The rows with the baselines last."""
    return sorted(rows, key=lambda row: row.contender.baseline)


def row_of(suite: SuiteFigures, contender: Contender) -> Row | None:
    """What a contender did in a suite, if it played there."""
    return next((row for row in suite.rows if row.contender == contender), None)


def by_contender(part: Part) -> dict[Contender, PartRow]:
    """The rows of one category or language by who played."""
    return {row.contender: row for row in part.rows}


def most_spent(suite: SuiteFigures, field: str) -> float:
    """The most that anyone spent for a solved task: the length of the longest bar."""
    spends = [row.costs.per_solved for row in plots.played(suite)]
    return max((getattr(spend, field) for spend in spends if spend), default=0.0)


FUNCTIONS: Mapping[str, Any] = {
    "scatter_height": plots.SCATTER_HEIGHT,
    "played": plots.played,
    "panels": plots.panels,
    "rates_axis": plots.rates_axis,
    "scatter": plots.scatter,
    "at": at,
    "shape": shape,
    "search": search,
    "find": find,
    "by_contender": by_contender,
    "most_spent": most_spent,
    "spendings": _SPENDINGS,
    "contenders": contenders,
    "row_of": row_of,
    "models_first": models_first,
    "measures": conduct,
    "notation": notation,
    "audit": audit,
    "answers": words.answers,
    "counted": words.counted,
    "interval": words.interval,
    "percent": words.percent,
    "title": words.title,
}
"""Everything that a template may call, by name."""
