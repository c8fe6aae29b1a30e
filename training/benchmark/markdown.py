"""A summary as Markdown that reads as plain text too: columns are aligned in the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import orjson

from training.benchmark.figures import Summary
from training.benchmark.tables import DEFINITIONS, Grid, audit, grids


def render(summary: Summary, manifest: Mapping[str, Any]) -> str:
    """The whole summary as one page. `manifest` says how it was made: any JSON object.

    Where its `attempts` are more than the results, the page begins by saying so.
    """
    return "\n".join(_lines(summary, manifest)) + "\n"


def _lines(summary: Summary, manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from ("# Hallucinated calls", "", *DEFINITIONS)
    planned = manifest.get("attempts")
    if isinstance(planned, int) and planned > summary.results:
        yield from ("", f"**Not finished: {summary.results:,} of {planned:,} attempts.**")
    for suite in summary.suites:
        trials = "one attempt" if suite.trials == 1 else f"{suite.trials} attempts"
        yield from ("", f"## {suite.name}: {suite.tasks} tasks, {trials} each")
        for grid in grids(suite):
            yield ""
            if grid.title:
                yield from (f"### {grid.title}", "")
            yield from table(grid)
        yield from ("", audit(suite))
    yield from ("", "## How it was made", "")
    statistics = f"{summary.results} results; {summary.resamples} resamples, seed {summary.seed}"
    yield f"- statistics: {statistics}"
    yield from _listed(manifest)


def table(grid: Grid) -> Iterator[str]:
    """A grid as a Markdown table, names to the left and figures to the right."""
    rows = [tuple(map(_cell, row)) for row in (grid.header, *grid.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pad = [str.ljust if n < grid.labels else str.rjust for n in range(len(widths))]
    rule = ["-" * w if n < grid.labels else "-" * (w - 1) + ":" for n, w in enumerate(widths)]
    for line in (rows[0], rule, *rows[1:]):
        cells = [pad[n](cell, widths[n]) for n, cell in enumerate(line)]
        yield f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Names come from outside: none may open another cell or line."""
    return " ".join(text.split()).replace("|", "\\|")


def _listed(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A JSON object as a list of its members, objects within as lists within."""
    for key, member in value.items():
        opening = f"{'  ' * depth}- {_cell(key)}:"
        if isinstance(member, Mapping):
            yield opening
            yield from _listed(cast("Mapping[str, Any]", member), depth + 1)
        elif objects := _objects(member):
            yield opening
            yield from _listed({str(n): one for n, one in enumerate(objects, 1)}, depth + 1)
        else:
            yield f"{opening} {_plain(member)}"


def _objects(value: Any) -> Sequence[Any]:
    """The members of a list of objects; none where it is no such list."""
    members = cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else ()
    return members if all(isinstance(one, Mapping) for one in members) else ()


def _plain(value: Any) -> str:
    return _cell(value if isinstance(value, str) else orjson.dumps(value).decode())
