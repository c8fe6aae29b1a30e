"""Gold replays: correct logs of one development scenario of each kind, made once for all tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest_asyncio

import training.scenarios
from agent.events import Event
from agent.options import Options
from training.benchmark.judge import Judge
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Scenario, read_scenarios
from training.worlds import World

DEVELOPMENT = Path(training.scenarios.__file__).parent / "development.jsonl"
Replays = Sequence[tuple[Scenario, Sequence[Event]]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def replays(earth: World) -> Replays:
    played: list[tuple[Scenario, Sequence[Event]]] = []
    kinds = {(one.template, one.language): one for one in read_scenarios(DEVELOPMENT)}
    for scenario in kinds.values():
        held = await hold(scenario, earth, GoldEngine(scenario.gold), Options())
        assert held.solved, (scenario.id, held.error, held.unsolved)
        played.append((scenario, held.events))
    return played


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def travel_judge(earth: World) -> Judge:
    return Judge(earth.catalog.specs)
