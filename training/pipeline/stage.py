"""The seam between the pipeline and its stages.

A stage is data about itself and a way to open a worker. The pipeline cuts the stage's input into
parts of fixed size, gives each part to a worker in some process (or on some machine), and writes
what comes back, part by part, atomically. A worker gets a random generator for each row, seeded
with ``H(seed, stage, row id)``, and must draw from nothing else.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from training.records import Dropped

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class Worker(Protocol, Generic[In_contra, Out_co]):
    """One opened stage in one process: worlds started, tools read."""

    async def work(self, row: In_contra, rng: random.Random) -> Sequence[Out_co | Dropped]:
        """What becomes of one record. Many may be worked on at once.

        Nothing is lost: an empty answer counts as dropped. What is raised ends the build.
        """
        ...


@runtime_checkable
class Stage(Protocol, Generic[In_contra, Out_co]):
    """A stage whose records do not depend on each other. Must pickle: plain settings only."""

    @property
    def name(self) -> str:
        """What `--stage` calls it."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """Everything besides input and seed that the output depends on, a version included."""
        ...

    def open(self) -> AbstractAsyncContextManager[Worker[In_contra, Out_co]]:
        """Start what the worker needs; stop it at the end."""
        ...


@runtime_checkable
class Source(Protocol, Generic[Out_co]):
    """The first stage of a chain of stages: it makes records from no records.

    It may say by an attribute `total` how many it will make, for the remaining time.
    """

    @property
    def name(self) -> str:
        """What `--stage` calls it."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """As of a stage; the digest of every file that it reads is among them."""
        ...

    def records(self, seed: int) -> AsyncIterator[Out_co | Dropped]:
        """All records in a fixed order, streamed."""
        ...


@runtime_checkable
class Reduction(Protocol, Generic[In_contra, Out_co]):
    """A stage that must see all records at once (duplicates, quotas, splits). One process."""

    @property
    def name(self) -> str:
        """What `--stage` calls it."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """As of a stage."""
        ...

    def reduce(self, records: Iterable[In_contra], seed: int) -> Iterable[Out_co | Dropped]:
        """What is kept, in a fixed order. `records` may be gone through once."""
        ...


@runtime_checkable
class Sink(Protocol, Generic[In_contra]):
    """The last stage of a chain of stages: it makes files of all records. One process."""

    @property
    def name(self) -> str:
        """What `--stage` calls it."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """As of a stage."""
        ...

    def write(self, records: Iterable[In_contra], out: Path, folder: Path, seed: int) -> int:
        """Write files into `folder`, which is empty; how many records they hold.

        The same records give the same bytes. `out` is the folder of the whole build, whose
        manifests (`training.pipeline.read_manifests`) tell how the records came about. `records`
        may be gone through once. `folder` takes its place only when this returns.
        """
        ...
