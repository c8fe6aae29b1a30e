"""Stages small enough to see through: numbers are counted up, tripled, sifted, written down."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.errors import CallsignError, DataError
from training.pipeline import Build, Step
from training.pipeline.engines.base import Engine
from training.pipeline.engines.local import LocalEngine
from training.pipeline.manifest import Manifest
from training.pipeline.timing import Clock
from training.pipeline.working import Outcome
from training.records import Dropped


@dataclass(frozen=True, slots=True)
class Number:
    id: str
    value: int
    drawn: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """0, 1, 2, …; every fifth is dropped as round."""

    total: int
    name: str = "count"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"total": self.total}

    async def records(self, seed: int) -> AsyncIterator[Number | Dropped]:
        for value in range(self.total):
            number = Number(f"n{value}", value + seed)
            yield Dropped(number.id, "round") if value % 5 == 0 else number


@dataclass(frozen=True, slots=True)
class Triple:
    """Three times a number; what is divisible by seven goes, nothing is made of 12.

    `raises_at` raises, `refuses_at` an error of ours. `interrupts_at` is Ctrl-C for the build, and
    never answers. `dies_at` kills the process, once, which the file `dies` remembers. `closes` is a
    folder for marks of closing.
    """

    factor: int = 3
    raises_at: int | None = None
    refuses_at: int | None = None
    interrupts_at: int | None = None
    dies_at: int | None = None
    dies: str = ""
    closes: str = ""
    name: str = "triple"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"factor": self.factor}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Triple]:
        yield self
        if self.closes:
            (Path(self.closes) / str(os.getpid())).touch()

    async def work(self, row: Number, rng: random.Random) -> Sequence[Number | Dropped]:
        for _ in range(rng.randrange(5)):
            await asyncio.sleep(0)
        if row.value == 2:
            os.write(1, b"what a stage prints never reaches the frames\n")
        if row.value == self.raises_at:
            raise KeyError(row.id)
        if row.value == self.refuses_at:
            raise DataError("the sevens are out; bring more")
        if row.value == self.interrupts_at:
            os.kill(os.getppid(), signal.SIGINT)
            await asyncio.Event().wait()
        if row.value == self.dies_at:
            _die_once(Path(self.dies))
        if row.value == 12:
            return ()
        if row.value % 7 == 0:
            return (Dropped(row.id, "seventh", "7 is unlucky"),)
        return (Number(row.id, row.value * self.factor, rng.random()),)


def _die_once(mark: Path) -> None:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Closed:
    """A stage that cannot open."""

    name: str = "closed"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Triple]:
        raise CallsignError("no server answers")
        yield


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest numbers, in falling order."""

    keep: int = 5
    name: str = "largest"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"keep": self.keep}

    def reduce(self, records: Iterable[Number], seed: int) -> Iterable[Number | Dropped]:
        for place, record in enumerate(sorted(records, key=lambda one: -one.value)):
            yield record if place < self.keep else Dropped(record.id, "small")


@dataclass(frozen=True, slots=True)
class Written:
    """All values in one file. `fails` after it was written."""

    fails: bool = False
    name: str = "written"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def write(self, records: Iterable[Number], out: Path, folder: Path, seed: int) -> int:
        values = [str(record.value) for record in records]
        (folder / "values.txt").write_text("\n".join(values), encoding="utf-8")
        if self.fails:
            raise OSError("no space left")
        return len(values)


@dataclass(frozen=True, slots=True)
class Seen:
    """A watch that remembers."""

    said: list[str] = field(default_factory=list[str])
    worked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    begun: list[tuple[str, int | None, int]] = field(default_factory=list[Any])
    ended: list[str] = field(default_factory=list[str])

    def begin(self, stage: str, total: int | None, done: int) -> None:
        self.begun.append((stage, total, done))

    def advance(self, stage: str, outcome: Outcome) -> None:
        self.worked.append((stage, outcome.number))

    def end(self, stage: str, manifest: Manifest) -> None:
        self.ended.append(stage)

    def say(self, text: str) -> None:
        self.said.append(text)


def steps(total: int = 60, triple: Triple | None = None, keep: int = 5) -> tuple[Step, ...]:
    return (
        Step(Count(total), Number, rows_per_part=10),
        Step(triple or Triple(), Number, after=("count",), rows_per_part=7, at_once=3),
        Step(Largest(keep), Number, after=("triple",), rows_per_part=10),
        Step(Written(), Number, after=("largest",)),
    )


def build(
    out: Path,
    made: Sequence[Step] = (),
    *,
    seed: int = 1,
    workers: int = 1,
    engine: Engine | None = None,
    watch: Seen | None = None,
) -> Build:
    return Build(
        made or steps(), out, seed, engine or LocalEngine(workers), watch or Seen(),
        Clock("callsign data build", "local", workers),
    )  # fmt: skip


def files(out: Path) -> dict[str, bytes]:
    """Everything that a build wrote, but when and on what."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in {"sittings.json", ".lock"}
    }
