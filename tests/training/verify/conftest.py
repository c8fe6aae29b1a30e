"""Good chains: one booked with the practice APIs, one of a simulated library, names hidden."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

import training.scenarios
from tests.training.library.document import collected, weather
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticePlace
from training.annotate.search import Budget
from training.annotate.stage import annotate
from training.annotate.strategies import Careful
from training.instruct.general import GeneralInstructions
from training.instruct.kits import GatherKits, Kit
from training.records import Chain, Instruction
from training.scenarios.scenario import Scenario, read_scenarios
from training.simulate.place import SimulatedPlace
from training.verify.stage import Verifier
from training.worlds import World

DEVELOPMENT = Path(training.scenarios.__file__).parent / "development.jsonl"
_HOW = Careful(), Budget()


def scenario(scenario_id: str) -> Scenario:
    return next(one for one in read_scenarios(DEVELOPMENT) if one.id == scenario_id)


async def searched(place: PracticePlace, scenario_id: str, rates: Rates) -> Chain:
    row = Instruction(scenario_id, scenario(scenario_id), ("flights", "hotels"))
    return await annotate(row, place, Planner(rates), _HOW, 1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def practice(earth: World) -> PracticePlace:
    return PracticePlace(earth)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def booked(practice: PracticePlace) -> Chain:
    """Search, present, book with approval, finish."""
    return await searched(practice, "en-flight-1", Rates(0, 0, 0, 0))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def masked() -> Chain:
    """A call of a simulated library under neutral names."""
    kits = GatherKits(per_tool=8).reduce([*weather(), *collected()], 1)
    async with GeneralInstructions().open() as worker:
        for kit in kits:
            if not isinstance(kit, Kit) or kit.provider != "library":
                continue
            for row in await worker.work(kit, random.Random(1)):
                if isinstance(row, Instruction) and row.masked and row.scenario.goal.reads:
                    return await annotate(row, SimulatedPlace(), Planner(Rates()), _HOW, 1)
    raise AssertionError("no instruction has hidden names")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def verifier(practice: PracticePlace) -> AsyncIterator[Verifier]:
    yield Verifier([practice, SimulatedPlace()])
