"""One part of a stage's input, worked on in some process: the same in every engine."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tools.errors import CallsignError, StageFailed
from training.pipeline.codec import Codec
from training.pipeline.seeds import rng_for
from training.pipeline.stage import Stage, Worker
from training.records import Dropped

NOTHING_MADE = "nothing_made"
"""Why a row was dropped of which a stage made neither a record nor a `Dropped`."""


@dataclass(frozen=True, slots=True)
class Job:
    """A stage to open in another process. Pickles as its stage does."""

    stage: Stage[Any, Any]
    takes: type[Any]
    makes: type[Any]
    seed: int
    at_once: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a stage's input: its lines, and which part of the output they become."""

    number: int
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a part: lines of records and lines of `Dropped`, in the order of the rows."""

    number: int
    rows: int
    kept: bytes
    dropped: bytes
    counts: Mapping[str, int]
    """Records kept under "", dropped ones under their reason."""


class Sheet:
    """What was made so far of a part, as lines."""

    def __init__(self, codec: Codec[Any]) -> None:
        self._codec = codec
        self._dropped_codec = Codec(Dropped)
        self.clear()

    def clear(self) -> None:
        """Begin with the next part."""
        self.kept = bytearray()
        self.dropped = bytearray()
        self.counts: Counter[str] = Counter()

    def add(self, made: Any) -> None:
        """Note a record or a `Dropped`."""
        if isinstance(made, Dropped):
            self.dropped += self._dropped_codec.encode(made)
            self.counts[made.reason] += 1
        else:
            self.kept += self._codec.encode(made)
            self.counts[""] += 1

    def outcome(self, number: int, rows: int) -> Outcome:
        """What stands on the sheet."""
        return Outcome(number, rows, bytes(self.kept), bytes(self.dropped), dict(self.counts))


class Desk:
    """An opened stage, and the rows that it works on. `opened` makes one."""

    def __init__(self, job: Job, worker: Worker[Any, Any]) -> None:
        self._job = job
        self._worker = worker
        self._codec = Codec(job.takes)
        self._gate = asyncio.Semaphore(job.at_once)

    async def work(self, part: Part) -> Outcome:
        """Everything made of a part. Parts may be worked on side by side.

        Raises `StageFailed` that names the row when the stage raises.
        """
        try:
            async with asyncio.TaskGroup() as group:
                rows = [group.create_task(self._row(line)) for line in part.lines]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        sheet = Sheet(Codec(self._job.makes))
        for row in rows:
            for made in row.result():
                sheet.add(made)
        return sheet.outcome(part.number, len(part.lines))

    async def _row(self, line: bytes) -> Sequence[Any]:
        async with self._gate:
            record = self._codec.decode(line)
            rng = rng_for(self._job.seed, self._job.stage.name, record.id)
            try:
                made = await self._worker.work(record, rng)
            except Exception as error:
                raise _failed(self._job, record.id, error) from error
        return made or (Dropped(record.id, NOTHING_MADE),)


@asynccontextmanager
async def opened(job: Job) -> AsyncGenerator[Desk]:
    """The job's stage, opened in this process."""
    async with job.stage.open() as worker:
        yield Desk(job, worker)


def _failed(job: Job, row_id: str, error: Exception) -> StageFailed:
    # An error of ours says what to do; of any other only its frames help.
    ours = isinstance(error, CallsignError)
    told = str(error) if ours else "".join(traceback.format_exception(error)).strip()
    return StageFailed(
        f"{told}\n\nStage {job.stage.name} raised over row {row_id}. Finished parts are kept. "
        f"To see that row alone, add to the command: --stage {job.stage.name} --row {row_id}"
    )
