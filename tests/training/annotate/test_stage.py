"""The stage: instructions in, chains out, the same whatever ran beside them."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from agent.engines.scripted import ScriptedEngine
from training.annotate.practice import PracticePlace
from training.annotate.proposing import EngineProposer, Proposer
from training.annotate.stage import AnnotateStage, Annotator
from training.pipeline.codec import Codec
from training.pipeline.seeds import rng_for
from training.records import Chain, Dropped, Instruction
from training.scenarios.scenario import Call, Scenario

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Here:
    """Opens what runs already."""

    place: PracticePlace

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[PracticePlace]:
        yield self.place


@dataclass(frozen=True)
class Speechless:
    """Engines that have nothing to say."""

    settings: Mapping[str, Any]

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Callable[[], Proposer]]:
        yield lambda: EngineProposer(ScriptedEngine())


def rows(scenarios: Mapping[str, Scenario]) -> list[Instruction]:
    names = ("en-flight-1", "tr-hotel-1", "en-cancel-1", "en-fault-price", "en-slots-1")
    return [Instruction(name, scenarios[name], ("flights", "hotels")) for name in names]


async def worked(worker: Annotator, row: Instruction) -> Sequence[Chain | Dropped]:
    return await worker.work(row, rng_for(1, "annotate", row.id))


async def test_the_same_bytes_alone_and_side_by_side(
    practice: PracticePlace, scenarios: dict[str, Scenario]
):
    codec = Codec(Chain)
    stage = AnnotateStage(openers=(Here(practice),))
    async with stage.open() as worker:
        alone = [await worked(worker, row) for row in rows(scenarios)]
        together = await asyncio.gather(*(worked(worker, row) for row in reversed(rows(scenarios))))
    chains = [chain for made in alone for chain in made if isinstance(chain, Chain)]
    again = [chain for made in reversed(together) for chain in made if isinstance(chain, Chain)]
    assert [chain.solved for chain in chains] == [True] * 5
    lines = [codec.encode(chain) for chain in chains]
    assert lines == [codec.encode(chain) for chain in again]
    assert [codec.decode(line) for line in lines] == chains


async def test_what_has_no_place_or_no_beginning_is_dropped_with_its_reason(
    practice: PracticePlace, scenarios: dict[str, Scenario]
):
    flight = scenarios["en-flight-1"]
    unknown = Call("book_flight", {"offer_id": "$offer", "passengers": [], "contact_email": "x"})
    async with AnnotateStage(openers=(Here(practice),)).open() as worker:
        homeless = await worked(worker, Instruction("h", flight, ("weather",)))
        broken = replace(flight, setup=(unknown,))
        unmade = await worked(worker, Instruction("u", broken, ("flights",)))
    assert homeless == [Dropped("h", "no_place", "weather")]
    (dropped,) = unmade
    assert isinstance(dropped, Dropped)
    assert (dropped.id, dropped.reason) == ("u", "setup")


async def test_an_engine_that_refuses_costs_its_row_only(
    practice: PracticePlace, scenarios: dict[str, Scenario]
):
    stage = AnnotateStage(openers=(Here(practice),), proposing=Speechless({}))
    async with stage.open() as worker:
        (dropped,) = await worked(worker, rows(scenarios)[0])
    assert isinstance(dropped, Dropped)
    assert dropped.reason == "refused"


async def test_a_stage_travels_and_says_what_its_rows_depend_on():
    stage = AnnotateStage()
    assert pickle.loads(pickle.dumps(stage)) == stage
    assert "0x" not in orjson.dumps(stage.settings).decode()
    assert stage.settings["repeat"] == 0.08
    shorter = replace(stage, budget=replace(stage.budget, depth=3))
    assert shorter.settings != stage.settings
