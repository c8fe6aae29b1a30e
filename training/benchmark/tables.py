"""The tables of a summary, as text in rows and columns; `show` prints them to a console."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.benchmark import notation
from training.benchmark.figures import Contender, Part, PartRow, Rate, Row, SuiteFigures, Summary

Cells = tuple[str, ...]

DEFINITIONS = (
    "A hallucination is a made-up tool, parameter, value, permission or claim; every call of every "
    "proposed act counts, mended or not. Per task: at least one, in a call or a reply.",
    "count/total, percent, [95 % interval]: Wilson, or bootstrap over tasks where a task holds "
    "several; none found: its upper bound (≤). Cost per solved task includes failed attempts.",
)
"""What the figures mean, in two lines."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: the first `labels` columns are names, the others figures. `dim` rows recede."""

    title: str
    header: Cells
    rows: tuple[Cells, ...]
    labels: int = 1
    dim: frozenset[int] = frozenset()


def grids(suite: SuiteFigures) -> Iterator[Grid]:
    """All tables of a suite, the headline first; those with nothing in them are left out."""
    tables = (
        headline(suite),
        beside(suite),
        kinds(suite, "calls"),
        kinds(suite, "tasks"),
        parts("category", suite, suite.categories),
        parts("language", suite, suite.languages),
        comparisons(suite),
        costs(suite),
    )
    yield from (table for table in tables if table.rows)


def headline(suite: SuiteFigures) -> Grid:
    """Who solved how much, and how often something was made up."""
    more = tuple(f"pass^{k}" for k in range(2, suite.trials + 1))
    header = ("model", "mode", "solved", *more, "hallucinated calls", "tasks with one")
    return _by_row("", header, suite.rows, lambda row: _headline(row, suite.trials))


def _headline(row: Row, trials: int) -> Cells:
    several = [notation.brief(chance) for chance in row.pass_hat[1:]]
    several += [notation.NOTHING] * (trials - 1 - len(several))
    return (
        notation.share(row.solved),
        *several,
        notation.share(row.hallucinated_calls, "calls"),
        notation.share(row.hallucinated_tasks),
    )


def beside(suite: SuiteFigures) -> Grid:
    """What the headline does not say: what was left out, done too much, asked or guessed."""
    header = (
        "model", "mode", "called/abstained/malformed", "missed calls", "surplus calls",
        "asked when due", "guessed", "undecided arguments", "unbacked replies", "errors",
    )  # fmt: skip
    return _by_row("Beside it (missed and surplus per task)", header, suite.rows, _beside)


def _beside(row: Row) -> Cells:
    return (
        f"{row.acts.called}/{row.acts.abstained}/{row.acts.malformed}",
        notation.average(row.missed),
        notation.average(row.surplus),
        notation.counts(row.asked),
        notation.counts(row.guessed),
        notation.brief(row.undecided),
        notation.counts(row.unbacked_replies),
        str(row.errors),
    )


def kinds(suite: SuiteFigures, of: Literal["calls", "tasks"]) -> Grid:
    """Every kind of fault by contender; baselines only if they have any."""
    shown = [row for row in suite.rows if not row.contender.baseline or _faulty(row)]
    rates = [row.rates for row in shown]
    rows = [
        (_kind(kind[0], of), *(_kind_cell(rate, of) for rate in kind))
        for kind in zip(*rates, strict=True)
    ]
    title = {
        "calls": "Share of calls with a fault of this kind",
        "tasks": "Share of tasks with at least one",
    }
    header = ("(in brackets: mistakes of form)", *(notation.name(row.contender) for row in shown))
    return Grid(title[of], header, tuple(rows))


def _faulty(row: Row) -> bool:
    return any(rate.faults for rate in row.rates)


def _kind(rate: Rate, of: str) -> str:
    name = rate.code if rate.hallucination else f"({rate.code})"
    return f"{name}, of replies" if rate.unit == "reply" and of == "calls" else name


def _kind_cell(rate: Rate, of: str) -> str:
    return notation.share(rate.share if of == "calls" else rate.tasks)


def parts(kind: str, suite: SuiteFigures, within: Sequence[Part]) -> Grid:
    """By category or language: attempts solved, and calls hallucinated, of how many."""
    rivals = [row.contender for row in suite.rows if not row.contender.baseline]
    baselines = [row.contender for row in suite.rows if row.contender.baseline]
    rows = [
        (
            part.name,
            str(part.tasks),
            " ".join(_solved(part, who) for who in baselines),
            *(_part(part, who) for who in rivals),
        )
        for part in within
    ]
    title = f"By {kind} (solved; hallucinated calls)"
    before = ", ".join(map(notation.name, baselines)) or "baselines"
    header = (kind, "tasks", before, *map(notation.name, rivals))
    return Grid(title, header, tuple(rows))


def _solved(part: Part, who: Contender) -> str:
    row = _of(part, who)
    return notation.counts(row.solved) if row else notation.NOTHING


def _part(part: Part, who: Contender) -> str:
    row = _of(part, who)
    if row is None:
        return notation.NOTHING
    return f"{notation.counts(row.solved)}; {notation.counts(row.hallucinated_calls)}"


def _of(part: Part, who: Contender) -> PartRow | None:
    return next((row for row in part.rows if row.contender == who), None)


def comparisons(suite: SuiteFigures) -> Grid:
    """Which differences are more than chance."""
    rows = [
        (
            one.outcome,
            f"{notation.name(one.first)} - {notation.name(one.second)}",
            f"{one.differ}/{one.tasks} ({one.higher}+)",
            notation.points(one.difference),
            one.test,
            notation.p_value(one.p),
            notation.p_value(one.p_holm),
        )
        for one in suite.comparisons
    ]
    header = (
        "outcome",
        "first - second",
        "differ (first higher)",
        "points",
        "test",
        "p",
        "p (Holm)",
    )
    return Grid("Paired on the tasks both did", header, tuple(rows), labels=2)


def costs(suite: SuiteFigures) -> Grid:
    """What one solved task costs, everything that was spent counted."""
    header = ("model", "mode", "prompt tokens", "completion tokens", "seconds", "calls executed")
    return _by_row("Cost per solved task", header, suite.rows, _costs)


def _costs(row: Row) -> Cells:
    spend = row.costs.per_solved
    if spend is None:
        return (notation.NOTHING,) * 4
    figures = spend.prompt_tokens, spend.completion_tokens, spend.seconds, spend.executed_calls
    return tuple(map(notation.amount, figures))


def audit(suite: SuiteFigures) -> str:
    """One sentence: what ran although it should not have."""
    audits = [row.audit for row in suite.rows]
    return (
        f"Audit: {sum(a.executed for a in audits):,} calls executed, "
        f"{sum(a.executed_though_rejected for a in audits)} although clearance rejects them; "
        f"{sum(a.writes_unapproved for a in audits)} writes without approval."
    )


def _by_row(title: str, header: Cells, rows: Sequence[Row], cells: Callable[[Row], Cells]) -> Grid:
    dim = frozenset(n for n, row in enumerate(rows) if row.contender.baseline)
    lines = tuple((*_who(row.contender), *cells(row)) for row in rows)
    return Grid(title, header, lines, labels=2, dim=dim)


def _who(contender: Contender) -> Cells:
    return contender.contestant, "" if contender.baseline else contender.mode


# -- On a console --------------------------------------------------------------------------------


def show(summary: Summary, console: Console) -> None:
    """Print the headline and the cost of each suite, as `callsign bench run` ends."""
    for suite in summary.suites:
        for grid in (headline(suite), costs(suite)):
            title = f"{suite.name}: {suite.tasks} tasks" if not grid.title else grid.title
            console.print(_rich(grid, title))
        console.print(audit(suite), end="\n\n")
    for line in DEFINITIONS:
        console.print(line, style="dim")


def _rich(grid: Grid, title: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for number, name in enumerate(grid.header):
        table.add_column(name, justify="left" if number < grid.labels else "right")
    for number, row in enumerate(grid.rows):
        table.add_row(*map(escape, row), style="dim" if number in grid.dim else None)
    return table
