"""Runs a benchmark: every attempt of its plan that is not on disk yet.

What an attempt gives depends on the plan and on itself alone: its seed is drawn from its own name,
its world is its own, and tasks are chosen before anything runs. So a run can be stopped anywhere
and resumed in any number of sittings, and its results are the same.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random

from agent.engines.base import Mode, Sampling
from agent.options import Options
from tools.errors import BenchmarkError, EngineUnavailable
from training.benchmark.contestants import Contestant, Seat, seated
from training.benchmark.records import Result
from training.benchmark.store import Key, Store
from training.benchmark.suite import BASELINES, Attempt, Baseline, Suite, Table, Task

Watch = Callable[[Result], None]
"""Told of every result once it is on disk."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is run; `concurrency` and nothing else of it leaves the results as they are."""

    suites: Sequence[Suite]
    contestants: Sequence[Contestant]
    modes: Sequence[Mode]
    seed: int = 0
    trials: int = 1
    limit: int | None = None
    temperature: float = 0.0
    concurrency: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """An attempt to make: by a contestant in a mode, or by a baseline."""

    suite: Suite
    task: Task
    player: Contestant | Baseline
    mode: Mode
    trial: int

    @property
    def contestant(self) -> str:
        """The name that results have."""
        return self.player if isinstance(self.player, str) else self.player.name

    @property
    def key(self) -> Key:
        """`Result.key` of its result."""
        return self.suite.name, self.task.id, self.contestant, self.mode, self.trial


def jobs(setup: Setup) -> tuple[Job, ...]:
    """All attempts in the order in which they are made.

    Of each suite first the baselines, which cost little and show at once whether its tasks can be
    solved at all; then task by task, so that contestants can be compared whenever a run stops.
    """
    return tuple(job for suite in setup.suites for job in _jobs(setup, suite))


async def run(setup: Setup, left: Sequence[Job], store: Store, watch: Watch) -> None:
    """Make the attempts `left` and save each result; cancel it to stop.

    Raises `BenchmarkError` when an engine is not reachable (nothing is saved of that attempt, so
    it is made again when the run is resumed) or nothing can be saved, and `CallsignError` when a
    model or a suite does not open.
    """
    by_suite: defaultdict[str, list[Job]] = defaultdict(list)
    for job in left:
        by_suite[job.suite.name].append(job)
    async with seated(setup.contestants) as seats:
        for suite in setup.suites:
            if not by_suite[suite.name]:
                continue
            async with suite.open() as table:
                await _work(_Bench(setup, table, seats, store, watch), by_suite[suite.name])


def chosen(suite: Suite, limit: int | None, seed: int) -> Sequence[Task]:
    """The tasks that `limit` leaves of a suite, its main categories in their proportions.

    Each category is shuffled by the seed, and its tasks are spread evenly over the whole; any
    prefix of that order is a stratified sample, and a larger limit only adds to a smaller one.
    """
    if limit is None or limit >= len(suite.tasks):
        return suite.tasks
    strata: defaultdict[str, list[Task]] = defaultdict(list)
    for task in suite.tasks:
        strata[task.categories[0]].append(task)
    placed: list[tuple[float, str, Task]] = []
    for category, tasks in strata.items():
        # Not a secret: drawn to be drawn again.
        Random(f"{seed} {suite.name} {category}").shuffle(tasks)
        spread = [((rank + 0.5) / len(tasks), category) for rank in range(len(tasks))]
        placed += [(*place, task) for place, task in zip(spread, tasks, strict=True)]
    placed.sort(key=lambda one: one[:2])
    return [task for _, _, task in placed[:limit]]


def attempt_seed(seed: int, suite: str, task: str, trial: int) -> int:
    """The seed of an attempt's sampling: 31 bits, the same for every contestant and mode."""
    digest = sha256(f"{seed}\n{suite}\n{task}\n{trial}".encode()).digest()
    return int.from_bytes(digest[:4]) >> 1


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the attempts of one suite are made with."""

    setup: Setup
    table: Table
    seats: Mapping[str, Seat]
    store: Store
    watch: Watch

    async def make(self, job: Job) -> None:
        result = await self.table.play(self._attempt(job))
        if result.error.startswith(EngineUnavailable.__name__):
            raise BenchmarkError(f"{job.contestant} cannot go on: {result.error}")
        self.store.append(result)
        self.watch(result)

    def _attempt(self, job: Job) -> Attempt:
        setup = self.setup
        seed = attempt_seed(setup.seed, job.suite.name, job.task.id, job.trial)
        options = Options(mode=job.mode, sampling=Sampling(setup.temperature, seed))
        if isinstance(job.player, str):
            engine, _ = job.suite.baseline(job.player, job.task)
            return Attempt(job.task, job.player, engine, options, job.trial)
        engine = self.seats[job.player.name]()
        untuned = job.player.untuned
        return Attempt(job.task, job.player.name, engine, options, job.trial, untuned=untuned)


async def _work(bench: _Bench, left: Sequence[Job]) -> None:
    """Make attempts, so many at once. The first failure stops the others and is raised."""
    waiting = iter(left)

    async def worker() -> None:
        for job in waiting:
            await bench.make(job)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(bench.setup.concurrency):
                group.create_task(worker())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _jobs(setup: Setup, suite: Suite) -> Iterator[Job]:
    tasks = chosen(suite, setup.limit, setup.seed)
    for baseline in BASELINES:
        for task in tasks:
            _, mode = suite.baseline(baseline, task)
            for trial in range(setup.trials):
                yield Job(suite, task, baseline, mode, trial)
    for trial in range(setup.trials):
        for task in tasks:
            for contestant in setup.contestants:
                for mode in setup.modes:
                    yield Job(suite, task, contestant, mode, trial)
