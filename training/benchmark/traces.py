"""Correct traces: gold replays of the suites, with the judge of the tools they were played with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from agent.choice import REPLIES
from agent.options import Options
from training.benchmark.judge import Judge
from training.benchmark.plants.trace import Trace
from training.benchmark.single import SingleSuite, SingleTask
from training.benchmark.suite import Attempt, Baseline
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Scenario
from training.worlds import world

_GOLD: Baseline = "gold replay"


async def of_conversations(scenarios: Iterable[Scenario]) -> AsyncIterator[Trace]:
    """The gold replay of every scenario; the trace of one that fails is empty."""
    async with world() as place:
        judge = Judge(place.catalog.specs)
        for scenario in scenarios:
            held = await hold(scenario, place, GoldEngine(scenario.gold), Options())
            yield Trace(scenario.id, held.events if held.solved else (), judge)


async def of_decisions(tasks: Iterable[SingleTask], most_calls: int) -> AsyncIterator[Trace]:
    """The gold act of every single decision, whether the grammar would have taken it or not."""
    for task in tasks:
        suite = SingleSuite("", "", [task], most_calls=most_calls, gold_mode="free")
        engine, mode = suite.baseline(_GOLD, task.task)
        async with suite.open() as table:
            attempt = Attempt(task.task, _GOLD, engine, Options(mode=mode))
            result = await table.play(attempt)
        yield Trace(task.id, result.events, Judge(task.tools, REPLIES, most_calls=most_calls))
