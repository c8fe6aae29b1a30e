"""Chains that were searched and executed for a few conversations, and an export of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from tests.training.export.places import build
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticePlace
from training.annotate.search import Budget
from training.annotate.stage import annotate
from training.annotate.strategies import Careful
from training.export.offered import Offered, offered
from training.export.rows import samples
from training.export.sample import Sample
from training.records import Chain, Instruction
from training.scenarios.scenario import DEVELOPMENT, read_scenarios
from training.worlds import World

_HELD = (
    "en-flight-2", "en-slots-1", "en-trip-1", "en-scope-1", "en-look-2", "en-decline-1",
    "en-fault-price", "de-hotel-1",
)  # fmt: skip
_ERRING = Rates(value=0.3)


@pytest.fixture(scope="session")
def place(earth: World) -> PracticePlace:
    return PracticePlace(earth)


@pytest.fixture(scope="session")
def tools(place: PracticePlace, chains: Mapping[str, Chain]) -> Offered:
    return offered(place.catalog(chains["en-flight-2"].instruction))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chains(place: PracticePlace) -> Mapping[str, Chain]:
    """By id: one search each, by a planner whose values are wrong one time in three."""
    found: dict[str, Chain] = {}
    for scenario in read_scenarios(DEVELOPMENT):
        if scenario.id in _HELD:
            instruction = Instruction(scenario.id, scenario, ("flights", "hotels"))
            how = Careful(), Budget()
            made = await annotate(instruction, place, Planner(_ERRING), how, 11)
            found[scenario.id] = made
    return found


@pytest.fixture(scope="session")
def rows(chains: Mapping[str, Chain], tools: Offered) -> tuple[Sample, ...]:
    return tuple(row for chain in chains.values() for row in samples(chain, tools))


@pytest.fixture(scope="session")
def exported(
    tmp_path_factory: pytest.TempPathFactory,
    chains: Mapping[str, Chain],
    place: PracticePlace,
) -> Path:
    """What `--out` of `callsign data build` would name."""
    out = tmp_path_factory.mktemp("built")
    build(out, tuple(chains.values()), place)
    return out
