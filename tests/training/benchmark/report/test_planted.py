"""Whatever fault is planted into a real conversation is marked in what the page shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from agent.events import Event
from tests.training.benchmark.report.attempts import attempt
from training.benchmark.injector import PLANTS, plant_by
from training.benchmark.judge import Judge
from training.benchmark.plants.trace import Plant, Trace
from training.benchmark.report.traces import trace
from training.scenarios.scenario import Scenario

pytestmark = pytest.mark.asyncio(loop_scope="session")

Replays = Sequence[tuple[Scenario, Sequence[Event]]]
WAYS = [way for ways in PLANTS.values() for way in ways]


def shown(judge: Judge, events: Sequence[Event]) -> dict[str, Any]:
    proposals = judge.judge(events)
    return trace(replace(attempt(events=tuple(events)), proposals=proposals))


def parts(step: dict[str, Any]) -> list[Any]:
    calls = step.get("calls", ())
    return [*step.get("parts", ()), *(p for c in calls for p in (*c["name"], *c["arguments"]))]


def marked(told: dict[str, Any]) -> set[int]:
    found = (part for step in told["steps"] for part in parts(step) if not isinstance(part, str))
    return {index for _, indexes, _ in found for index in indexes}


async def test_correct_conversations_show_no_mark(replays: Replays, travel_judge: Judge) -> None:
    assert all(marked(shown(travel_judge, events)) == set() for _, events in replays[:12])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def traces(replays: Replays, travel_judge: Judge) -> list[Trace]:
    return [Trace(scenario.id, events, travel_judge) for scenario, events in replays]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_planted_fault_is_marked(
    way: Plant, traces: list[Trace], travel_judge: Judge
) -> None:
    made = (plant_by(way, one, Random(one.name)) for one in traces)
    planted = list(islice(filter(None, made), 3))
    assert planted
    for one in planted:
        told = shown(travel_judge, one.events)
        assert told["faults"]
        assert marked(told) == set(range(len(told["faults"])))
