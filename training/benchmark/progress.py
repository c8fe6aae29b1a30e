"""What is seen of a run while it runs: a bar for each contestant and mode, and what it solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from training.benchmark.records import Result
from training.benchmark.runner import Watch
from training.benchmark.store import Key
from training.benchmark.suite import BASELINES

_Row = tuple[str, str, str]
"""Suite, contestant, mode; baselines share a row."""


class _Rate(ProgressColumn):
    """Attempts a minute, lately."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{60 * speed:.0f}/min" if speed else "", justify="right")


@contextmanager
def shown(every: Sequence[Key], done: Iterable[Key], console: Console) -> Generator[Watch]:
    """Bars over the attempts `every`, of which `done` were made in earlier sittings.

    Give what is yielded every new result; what they solved is shown of those alone.
    """
    totals = Counter(map(_row, every))
    before = Counter(map(_row, done))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("solved {task.fields[solved]}/{task.fields[new]}"),
    )
    with Progress(*columns, console=console) as progress:
        bars: dict[_Row, TaskID] = {
            row: progress.add_task(
                " ".join(filter(None, row)), total=total, completed=before[row], solved=0, new=0
            )
            for row, total in totals.items()
        }

        def watch(result: Result) -> None:
            bar = bars[_row(result.key)]
            fields = progress.tasks[bar].fields
            progress.update(
                bar, advance=1, solved=fields["solved"] + result.solved, new=fields["new"] + 1
            )

        yield watch


def _row(key: Key) -> _Row:
    suite, _, contestant, mode, _ = key
    return (suite, "baselines", "") if contestant in BASELINES else (suite, contestant, mode)
