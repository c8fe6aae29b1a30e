"""The first half of export: a chain in, its rows out."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agent.prompt_format import prompt_format
from training.annotate.ground import Place
from training.annotate.practice import PracticeApis
from training.annotate.stage import Opener
from training.export.offered import offered
from training.export.rows import samples
from training.export.sample import Sample
from training.records import Chain, Dropped
from training.simulate.place import SimulatedApis

_VERSION = 3


@dataclass(frozen=True, slots=True)
class ExportRows:
    """Makes `Sample`s of chains (`training.pipeline.stage.Stage`).

    `openers` are those of the annotate stage: a chain is read with the tools that it was made
    with. Dropped: ``no_place`` (no place has its APIs), ``no_row`` (not solved, or something
    failed in it that no act put right).
    """

    openers: tuple[Opener, ...] = (PracticeApis(), SimulatedApis())
    name: str = "export-rows"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Stage.settings`."""
        places = [repr(opener) for opener in self.openers]
        return {"version": _VERSION, "places": places, "prompt": prompt_format()}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Drawer]:
        """Open every place; close them at the end."""
        async with AsyncExitStack() as stack:
            yield Drawer([await stack.enter_async_context(one.open()) for one in self.openers])


class Drawer:
    """The stage, opened (`training.pipeline.stage.Worker`)."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places

    async def work(self, row: Chain, rng: random.Random) -> Sequence[Sample | Dropped]:
        """All rows of a chain."""
        place = next((one for one in self._places if one.serves(row.instruction)), None)
        if place is None:
            return [Dropped(row.id, "no_place", ", ".join(row.instruction.apis))]
        made = list(samples(row, offered(place.catalog(row.instruction))))
        return made or [Dropped(row.id, "no_row", "; ".join(row.unsolved))]
