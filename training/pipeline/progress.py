"""What is seen of a build while it runs: a bar for each stage."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

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

from training.pipeline.manifest import Manifest
from training.pipeline.working import Outcome


class _Rate(ProgressColumn):
    """Rows a second in this sitting."""

    def render(self, task: Task) -> Text:
        rows, seconds = task.completed - task.fields["before"], task.finished_time or task.elapsed
        return Text(f"{rows / seconds:,.1f}/s" if rows and seconds else "", justify="right")


@dataclass(frozen=True, slots=True)
class Bars:
    """A `training.pipeline.build.Watch` that draws. `shown` makes one."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict[str, TaskID])

    def begin(self, stage: str, total: int | None, done: int) -> None:
        """See `Watch`."""
        self.tasks[stage] = self.progress.add_task(
            stage, total=total, completed=done, before=done, kept=0, dropped=0, note=""
        )

    def advance(self, stage: str, outcome: Outcome) -> None:
        """See `Watch`."""
        task = self.tasks[stage]
        fields = self.progress.tasks[task].fields
        kept = outcome.counts.get("", 0)
        dropped = sum(outcome.counts.values()) - kept
        kept, dropped = fields["kept"] + kept, fields["dropped"] + dropped
        self.progress.update(
            task, advance=outcome.rows, kept=kept, dropped=dropped,
            note=f"kept {kept:,}, dropped {dropped:,}",
        )  # fmt: skip

    def end(self, stage: str, manifest: Manifest) -> None:
        """See `Watch`."""
        dropped = sum(manifest.dropped.values())
        note = f"kept {manifest.kept:,}, dropped {dropped:,}"
        if stage not in self.tasks:
            self.begin(stage, None, manifest.rows_in)
            note += " (was up to date)"
        rows = manifest.rows_in
        self.progress.update(self.tasks[stage], total=rows, completed=rows, note=note)

    def say(self, text: str) -> None:
        """See `Watch`."""
        self.progress.console.print(text, highlight=False, markup=False)


@contextmanager
def shown(console: Console) -> Generator[Bars]:
    """Bars on a console for as long as the build runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    # Parts of slow stages come minutes apart.
    with Progress(*columns, console=console, speed_estimate_period=600) as progress:
        yield Bars(progress)
