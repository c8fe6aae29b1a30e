"""Stages of a build that need no process of their own: chains at hand, the tools of one world."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.training.pipeline.toys import Seen
from training.annotate.ground import Place
from training.export.sample import Sample
from training.export.sink import DatasetFiles
from training.export.stage import ExportRows
from training.pipeline import Build, Step
from training.pipeline.engines.base import Done, dispatch
from training.pipeline.timing import Clock
from training.pipeline.working import Job, Part, opened
from training.records import Chain


@dataclass(frozen=True, slots=True)
class AtHand:
    """Chains that were made before (`training.pipeline.stage.Source`)."""

    chains: tuple[Chain, ...]
    name: str = "select"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"chains": [chain.id for chain in self.chains]}

    async def records(self, seed: int) -> AsyncIterator[Chain]:
        for chain in self.chains:
            yield chain


@dataclass(frozen=True, slots=True)
class Known:
    """A place that is open already (`training.annotate.stage.Opener`)."""

    place: Place = field(repr=False)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Place]:
        yield self.place


class Here:
    """Works on parts in this process (`training.pipeline.engines.base.Engine`)."""

    async def run(self, job: Job, parts: Iterable[Part], done: Done) -> None:
        async with opened(job) as desk:
            await dispatch([desk.work], parts, done)


def build(out: Path, chains: tuple[Chain, ...], place: Place) -> None:
    """Export these chains into a folder."""
    steps = (
        Step(AtHand(chains), Chain),
        Step(ExportRows((Known(place),)), Sample, after=("select",)),
        Step(DatasetFiles(), Path, after=("export-rows",)),
    )
    Build(steps, out, 3, Here(), Seen(), Clock("callsign data build", "local", 1)).run()
