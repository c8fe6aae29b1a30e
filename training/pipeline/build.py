"""Runs the steps of a build one after the other, each only as far as it is not done yet."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import orjson

from tools.errors import DataError
from training.pipeline.codec import Codec
from training.pipeline.cutting import Press, cut, fill
from training.pipeline.engines.base import Engine
from training.pipeline.folder import MANIFEST, StageFolder, write_whole
from training.pipeline.loop import run
from training.pipeline.manifest import Manifest, Plan, encode_manifest, plan_of
from training.pipeline.seeds import rng_for
from training.pipeline.stage import Reduction, Sink, Source, Stage
from training.pipeline.step import Step
from training.pipeline.timing import Clock
from training.pipeline.working import Job, Outcome

STEPS = "steps.json"
"""Names the steps of the newest build of a folder, in their order."""


class Watch(Protocol):
    """What is told of a build while it runs."""

    def begin(self, stage: str, total: int | None, done: int) -> None:
        """A stage starts, with so many rows to work on (None: not known) and some done before."""
        ...

    def advance(self, stage: str, outcome: Outcome) -> None:
        """A part is on disk."""
        ...

    def end(self, stage: str, manifest: Manifest) -> None:
        """A stage is finished, now or in an earlier sitting."""
        ...

    def say(self, text: str) -> None:
        """Something that a person should know."""
        ...


@dataclass(frozen=True, slots=True)
class Build:
    """All steps of a build in their order, the folder that they go to, and how they are run."""

    steps: Sequence[Step]
    out: Path
    seed: int
    engine: Engine
    watch: Watch
    clock: Clock

    def run(self, only: Sequence[Step] | None = None) -> None:
        """Bring `only` these steps up to date, all of them for None.

        A step whose finished records were made from the same input, settings and seed is left
        as it is; one that was stopped goes on after its finished parts; any other is made anew.
        However it ends, what is finished stays. Raises `DataError` when a step lacks its input,
        when something else or a build from another source stands in the folder and while another
        build writes there, and `StageFailed` when a stage raises.
        """
        with _locked(self.out):
            names = [step.name for step in self.steps]
            self._check_source(names[0])
            write_whole(self.out / STEPS, orjson.dumps(names, option=orjson.OPT_APPEND_NEWLINE))
            for step in self.steps if only is None else only:
                self._bring_up_to_date(step)

    def rerun(self, step: Step, row_id: str) -> list[Any]:
        """What a stage makes of one row, here and now, writing nothing; its errors come through.

        Raises `DataError` when the row is not among the stage's input, and while that is not
        finished.
        """
        if not isinstance(step.stage, Stage):
            raise DataError(f"{step.name} does not work row by row")
        for one in step.after:
            StageFolder(self.out, one).finished()
        codec = Codec(self._takes(step))
        for line in self._input(step):
            record = codec.decode(line)
            if record.id == row_id:
                return asyncio.run(_work_on(step.stage, record, self.seed))
        raise DataError(f"no row {row_id!r} goes into stage {step.name}")

    def _check_source(self, first: str) -> None:
        """Refuse to put another build in the place of one that began with another step."""
        stood = next(iter(_step_names(self.out)), first)
        if stood != first and (self.out / stood).exists():
            raise DataError(
                f"{self.out} holds a build that begins with {stood}, and this one begins with "
                f"{first}; give the same --specs as then, or name another --out"
            )

    def _bring_up_to_date(self, step: Step) -> None:
        folder = StageFolder(self.out, step.name)
        plan = self._plan(step)
        found = folder.manifest()
        if found is not None and found.finished and found.plan == plan:
            self.watch.end(step.name, found)
            return
        for change in folder.changes(plan):
            self.watch.say(f"{step.name} is made anew: {change}")
        stage = step.stage
        if isinstance(stage, Sink):
            self._publish(step, stage, folder, plan)
        else:
            folder.begin(plan)
            with self.clock.sitting(folder) as sitting:
                self._make(step, stage, folder, sitting.count)
        self.watch.end(step.name, folder.finished())

    def _make(
        self,
        step: Step,
        stage: Stage[Any, Any] | Source[Any] | Reduction[Any, Any],
        folder: StageFolder,
        count: Callable[[int], None],
    ) -> None:
        def done(outcome: Outcome) -> None:
            folder.write(outcome)
            count(outcome.rows)
            self.watch.advance(step.name, outcome)

        total = self._rows_in(step)
        before = len(folder.done()) * step.rows_per_part
        self.watch.begin(step.name, total, before if total is None else min(before, total))
        if isinstance(stage, Stage):
            job = Job(stage, self._takes(step), step.makes, self.seed, step.at_once)
            parts = cut(self._input(step), step.rows_per_part, folder.done())
            asyncio.run(self.engine.run(job, parts, done))
        else:
            press = Press(step, folder.done(), done)
            if isinstance(stage, Source):
                run(fill(press, stage, self.seed))
            else:
                for made in stage.reduce(self._records(step), self.seed):
                    press.add(made)
            press.close()
        folder.finish(None if isinstance(stage, Source) else total)

    def _publish(self, step: Step, sink: Sink[Any], folder: StageFolder, plan: Plan) -> None:
        """Let a sink write its files beside the old ones, and put them in their place."""
        total = self._rows_in(step)
        self.watch.begin(step.name, total, 0)
        draft = StageFolder(self.out, f".{step.name}.part")
        shutil.rmtree(draft.path, ignore_errors=True)
        draft.path.mkdir(parents=True)
        with self.clock.sitting(draft):
            kept = sink.write(self._records(step), self.out, draft.path, self.seed)
            digest = _digest(draft.path)
            manifest = Manifest(plan, finished=True, rows_in=total or 0, kept=kept, digest=digest)
            write_whole(draft.path / MANIFEST, encode_manifest(manifest))
        folder.replace(draft)

    def _plan(self, step: Step) -> Plan:
        return plan_of(
            step.name,
            step.stage.settings,
            inputs={one: StageFolder(self.out, one).finished().digest for one in step.after},
            seed=self.seed,
            rows_per_part=step.rows_per_part,
            makes=step.makes.__name__,
        )

    def _rows_in(self, step: Step) -> int | None:
        """How many records go into a step; of a source, how many it says that it makes."""
        if isinstance(step.stage, Source):
            return getattr(step.stage, "total", None)
        return sum(StageFolder(self.out, one).finished().kept for one in step.after)

    def _takes(self, step: Step) -> type[Any]:
        kinds = {one.makes for one in self.steps if one.name in step.after}
        if len(kinds) != 1:
            raise DataError(f"{step.name} takes one kind of record, not {len(kinds)}")
        return kinds.pop()

    def _input(self, step: Step) -> Iterator[bytes]:
        for one in step.after:
            yield from StageFolder(self.out, one).lines()

    def _records(self, step: Step) -> Iterator[Any]:
        codec = Codec(self._takes(step))
        return (codec.decode(line) for line in self._input(step))


def read_manifests(out: Path) -> Mapping[str, Manifest]:
    """The manifests of the finished stages of the newest build in a folder, in their order.

    Raises `DataError` when something cannot be read, and when there is none.
    """
    names = _step_names(out)
    if not names:
        raise DataError(f"{out} holds no build; make one: callsign data build --out {out}")
    found = {name: StageFolder(out, name).manifest() for name in names}
    return {name: one for name, one in found.items() if one is not None and one.finished}


def _step_names(out: Path) -> list[str]:
    """The steps of the newest build of a folder; none where there is none, or it is unreadable."""
    try:
        return orjson.loads((out / STEPS).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return []


async def _work_on(stage: Stage[Any, Any], record: Any, seed: int) -> list[Any]:
    async with stage.open() as worker:
        return [*await worker.work(record, rng_for(seed, stage.name, record.id))]


def _digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files, in the order of their names."""
    whole = sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        whole.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()


@contextmanager
def _locked(out: Path) -> Generator[None]:
    """Hold the folder of a build for this process."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / ".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError as error:
        raise DataError(f"another build is writing to {out}") from error
