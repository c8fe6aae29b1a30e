"""When a build worked on a stage, for how long, and on what."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from training.benchmark.machine import commit, machine, versions
from training.pipeline.folder import StageFolder
from training.pipeline.manifest import Sitting


@dataclass(slots=True)
class Tally:
    """Rows done in this sitting."""

    rows: int = 0

    def count(self, rows: int) -> None:
        """So many more."""
        self.rows += rows


@dataclass(frozen=True, slots=True)
class Clock:
    """Notes every sitting of a build: the command, the engine and its workers."""

    command: str
    engine: str
    workers: int

    @contextmanager
    def sitting(self, folder: StageFolder) -> Generator[Tally]:
        """Time what happens inside and note it in the folder, also when it was stopped."""
        tally = Tally()
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        start = time.perf_counter()
        try:
            yield tally
        finally:
            folder.note(
                Sitting(
                    command=self.command,
                    started_at=started_at,
                    seconds=round(time.perf_counter() - start, 3),
                    engine=self.engine,
                    workers=self.workers,
                    rows=tally.rows,
                    machine=machine(),
                    versions=versions(),
                    commit=commit(),
                )
            )
