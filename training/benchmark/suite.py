"""The seam between the runner and the suites: a suite is tasks, a table to play at, a predicate."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from agent.engines.base import Engine, Mode
from agent.options import Options
from training.benchmark.records import Result

Baseline = Literal["do nothing", "always ask", "gold replay"]
BASELINES: tuple[Baseline, ...] = ("do nothing", "always ask", "gold replay")


@dataclass(frozen=True, slots=True)
class Task:
    """What the runner and the tables must know of a task. `categories` has the main one first."""

    id: str
    template: str
    categories: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to make: who plays, how decoding is held (`options.mode`), which trial.

    `options.sampling.seed` is already drawn for this very attempt. An `untuned` contestant was
    never trained on acts: a suite that has examples for it may show them.
    """

    task: Task
    contestant: str
    engine: Engine
    options: Options
    trial: int = 0
    untuned: bool = False


class Table(Protocol):
    """An open suite: worlds started, tools read."""

    async def play(self, attempt: Attempt) -> Result:
        """Make one attempt. An engine's failure becomes `Result.error`; nothing else is caught."""
        ...


class Suite(Protocol):
    """Tasks of one kind, with everything that it takes to judge an attempt at them."""

    @property
    def name(self) -> str:
        """What `--suite` calls it."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the tasks as data: results of different digests are never mixed."""
        ...

    @property
    def tasks(self) -> Sequence[Task]:
        """All tasks in a fixed order, which `--limit` cuts after a seeded, stratified shuffle."""
        ...

    def baseline(self, baseline: Baseline, task: Task) -> tuple[Engine, Mode]:
        """An engine that plays a baseline on this task, and the mode that it plays in."""
        ...

    def open(self) -> AbstractAsyncContextManager[Table]:
        """Start what the tasks need; stop it at the end."""
        ...
