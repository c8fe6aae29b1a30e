"""Conversations with the travel APIs: whole bookings, judged by the world that they leave.

A suite is a file of `training.scenarios.scenario.Scenario`, one a line, so adding one is adding a
file. Each attempt has sandboxes of its own on both APIs, made from the scenario's seed: the same
world for every contestant, mode and trial.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

from pydantic import ValidationError

from agent.clearance import signature
from agent.demonstrations import for_untuned
from agent.engines.base import Engine, Mode
from agent.events import ActProposed, Event, TurnEnded
from agent.options import Options
from tools.errors import BenchmarkDataMissing, BenchmarkError
from training.benchmark.asking import asking
from training.benchmark.baselines import baseline_for
from training.benchmark.judge import Judge
from training.benchmark.records import Cost, Result
from training.benchmark.suite import Attempt, Baseline, Task
from training.scenarios.converse import executed, hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Scenario, encode_scenario, read_scenarios
from training.worlds import World, world


class BookingSuite:
    """Scenarios as a suite (`training.benchmark.suite.Suite`)."""

    def __init__(self, name: str, scenarios: Sequence[Scenario]) -> None:
        """Raises ValueError when two scenarios have one id."""
        self.name = name
        self.digest = sha256(b"\n".join(map(encode_scenario, scenarios))).hexdigest()
        self.tasks: Sequence[Task] = [
            Task(one.id, one.template, one.categories, one.language) for one in scenarios
        ]
        self._scenarios = {one.id: one for one in scenarios}
        if len(self._scenarios) < len(scenarios):
            raise ValueError(f"suite {name}: two scenarios have the same id")

    def baseline(self, baseline: Baseline, task: Task) -> tuple[Engine, Mode]:
        """See `training.benchmark.baselines.baseline_for`."""
        return baseline_for(baseline, self._scenarios[task.id])

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[BookingTable]:
        """Start both APIs; stop them at the end. Raises `tools.errors.CallsignError`."""
        async with world() as place:
            yield BookingTable(self.name, self._scenarios, place)


class BookingTable:
    """Plays attempts at scenarios (`training.benchmark.suite.Table`)."""

    def __init__(self, suite: str, scenarios: Mapping[str, Scenario], place: World) -> None:
        self._suite = suite
        self._scenarios = scenarios
        self._world = place
        self._judge = Judge(place.catalog.specs)
        self._gold: dict[str, Counter[str]] = {}
        self._replaying = defaultdict[str, asyncio.Lock](asyncio.Lock)

    async def play(self, attempt: Attempt) -> Result:
        """Hold the conversation, judge every proposal, compare the calls made with the gold ones.

        A model that was never trained on acts is shown the booking demonstration. Raises
        `tools.errors.BenchmarkError` for a scenario whose gold acts cannot be played.
        """
        scenario = self._scenarios[attempt.task.id]
        options = for_untuned(attempt.options) if attempt.untuned else attempt.options
        held = await hold(scenario, self._world, attempt.engine, options)
        made = self._calls(held.events)
        if attempt.contestant == "gold replay" and not held.error:
            self._gold[scenario.id] = made
        wanted = await self._wanted(scenario)
        return Result(
            suite=self._suite,
            task=scenario.id,
            template=scenario.template,
            categories=scenario.categories,
            language=scenario.language,
            contestant=attempt.contestant,
            mode=options.mode,
            trial=attempt.trial,
            unsolved=held.unsolved,
            proposals=self._judge.judge(held.events),
            missed=tuple(sorted((wanted - made).elements())),
            surplus=tuple(sorted((made - wanted).elements())),
            asking=asking(held.events, scenario.gold, self._judge),
            cost=_cost(held.events),
            error=held.error,
            events=held.events,
        )

    def _calls(self, events: Sequence[Event]) -> Counter[str]:
        """The calls that the model decided on and that left, by their canonical form."""
        return Counter(
            signature(self._world.catalog.get(call.name), call.arguments)
            for call in executed(events)
            if call.planned
        )

    async def _wanted(self, scenario: Scenario) -> Counter[str]:
        """The calls of the gold chain. Worlds of one seed are alike, so ids can be compared.

        Played without a grammar: a chain is right when clearance accepts it.
        """
        async with self._replaying[scenario.id]:
            if scenario.id not in self._gold:
                held = await hold(scenario, self._world, GoldEngine(scenario.gold), _GOLD)
                if held.error:
                    raise BenchmarkError(
                        f"the gold of {scenario.id} cannot be played: {held.error}"
                    )
                self._gold[scenario.id] = self._calls(held.events)
            return self._gold[scenario.id]


_GOLD = Options(mode="free")


def booking_suite() -> BookingSuite:
    """The suite `booking`: generated and hand-written conversations that no training sees."""
    return _packaged("booking", "training.benchmark.suites", "data/booking.jsonl")


def development_suite() -> BookingSuite:
    """The suite `development`: conversations that were looked at while the agent was made."""
    return _packaged("development", "training.scenarios", "development.jsonl")


def suite_from(path: Path) -> BookingSuite:
    """A suite from a file of scenarios, called like the file.

    Raises `tools.errors.BenchmarkDataMissing` where it is not there or not in the format.
    """
    return _read(path.stem, path)


def _packaged(name: str, package: str, file: str) -> BookingSuite:
    with as_file(files(package) / file) as path:
        return _read(name, path)


def _read(name: str, path: Path) -> BookingSuite:
    try:
        return BookingSuite(name, read_scenarios(path))
    except OSError as error:
        raise BenchmarkDataMissing(f"suite {name}: {path} cannot be read: {error}") from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = "/".join(map(str, fault["loc"]))
        raise BenchmarkDataMissing(
            f"suite {name}: {path} holds a line that is no scenario: {where}: {fault['msg']}"
        ) from error
    except ValueError as error:
        raise BenchmarkDataMissing(f"suite {name}: {path}: {error}") from error


def _cost(events: Sequence[Event]) -> Cost:
    acts = [event for event in events if isinstance(event, ActProposed)]
    return Cost(
        prompt_tokens=sum(act.prompt_tokens for act in acts),
        cached_tokens=sum(act.cached_tokens for act in acts),
        completion_tokens=sum(act.completion_tokens for act in acts),
        forced_tokens=sum(act.forced_tokens for act in acts),
        seconds=sum(act.seconds for act in acts),
        acts=len(acts),
        executed_calls=len(executed(events)),
        turns=sum(isinstance(event, TurnEnded) for event in events),
    )
