"""A suite without worlds: what an attempt gives is drawn from its own seed and name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

from agent.engines.base import Engine, Mode
from agent.engines.scripted import ScriptedEngine
from training.benchmark.manifest import Entry, Manifest, Plan
from training.benchmark.records import Result
from training.benchmark.suite import Attempt, Baseline, Task

DIGEST = "0" * 64


class ToySuite:
    """Also its own table. `errors` are what attempts at these tasks end with."""

    def __init__(
        self, tasks: Sequence[Task], name: str = "toy", errors: dict[str, str] | None = None
    ) -> None:
        self.name, self.digest, self.tasks = name, DIGEST, tasks
        self.errors = errors or {}
        self.played: list[Attempt] = []
        self.open_now = 0

    def baseline(self, baseline: Baseline, task: Task) -> tuple[Engine, Mode]:
        return ScriptedEngine(), "grounded" if baseline == "gold replay" else "free"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ToySuite]:
        self.open_now += 1
        try:
            yield self
        finally:
            self.open_now -= 1

    async def play(self, attempt: Attempt) -> Result:
        assert self.open_now == 1
        await asyncio.sleep(0)
        self.played.append(attempt)
        luck = Random(f"{attempt.options.sampling.seed} {attempt.contestant}").random()
        return result(
            task=attempt.task.id,
            contestant=attempt.contestant,
            mode=attempt.options.mode,
            trial=attempt.trial,
            unsolved=() if luck > 0.5 else (f"unlucky: {luck}",),
            error=self.errors.get(attempt.task.id, ""),
        )


def tasks(**sizes: int) -> list[Task]:
    """So many tasks of each category."""
    return [
        Task(f"{category}-{number}", "shape", (category,), "en")
        for category, size in sizes.items()
        for number in range(size)
    ]


def result(**more: object) -> Result:
    given: dict[str, object] = {
        "suite": "toy",
        "task": "t1",
        "template": "shape",
        "categories": ("a",),
        "language": "en",
        "contestant": "base",
        "mode": "free",
        "trial": 0,
        "unsolved": (),
        "proposals": (),
    }
    return Result(**{**given, **more})  # type: ignore[arg-type]


def manifest(**plan: object) -> Manifest:
    given: dict[str, object] = {
        "suites": {"toy": DIGEST},
        "contestants": {"base": Entry("scripted:acts.json", "abc")},
        "modes": ("free", "grounded"),
        "seed": 0,
        "trials": 1,
        "limit": None,
        "temperature": 0.0,
        "reproducible": True,
        "version": "1",
    }
    return Manifest(Plan(**{**given, **plan}), attempts=4)  # type: ignore[arg-type]
