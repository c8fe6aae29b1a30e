"""Holds a scenario: the scripted person and an agent, in a sandbox of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agent.agent import Agent
from agent.engines.base import Engine
from agent.events import (
    ApprovalRequested,
    CallCleared,
    CallObserved,
    Event,
    PlanMade,
    Replied,
    TurnEnded,
)
from agent.options import Options
from agent.stores import MemoryStore
from agent.view import pending_approval
from tools.errors import CallsignError
from tools.executor import Executor
from tools.gazetteer import Gazetteer
from training.scenarios.goal import Executed, Told, judge_goal
from training.scenarios.gold import place
from training.scenarios.scenario import Json, Scenario
from training.scenarios.user import Decide, Say, heard, next_step
from training.worlds import World


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held, and the world that it left.

    `flights` and `hotels` are all orders and bookings as the APIs list them, newest first, those
    of the setup included. `unsolved` says what of the goal does not hold; `error` is the error
    that ended the conversation too early, else empty.
    """

    events: tuple[Event, ...]
    flights: tuple[Json, ...]
    hotels: tuple[Json, ...]
    unsolved: tuple[str, ...]
    error: str = ""

    @property
    def solved(self) -> bool:
        """Whether the goal holds and nothing failed."""
        return not self.unsolved and not self.error


async def hold(scenario: Scenario, world: World, engine: Engine, options: Options) -> Held:
    """Hold one conversation in a fresh sandbox, and look at the world that it leaves.

    An error of the engine ends the conversation and becomes `Held.error`. Waiting times (retries,
    looking again for a lost write) are left out: the world's clock stands still. Raises ValueError
    when the scenario's setup cannot be made.
    """
    async with world.sandbox(scenario.seed) as sandbox:
        await place(scenario, world, sandbox)
        if scenario.faults:
            await world.disturb(sandbox, scenario.faults)
        # An executor of its own: its circuit breaker must not hear of other worlds' faults.
        agent = Agent(
            catalog=world.catalog,
            engine=engine,
            executor=Executor(world.apis, client=world.client, sleep=_at_once),
            store=MemoryStore(),
            clock=world,
            options=replace(options, sleep=_at_once),
            places=Gazetteer.default(),
        )
        key = await agent.start(sandbox)
        error = ""
        try:
            await _talk(agent, key, scenario)
        except CallsignError as failure:
            error = f"{type(failure).__name__}: {failure}"
        events = tuple(await agent.events(key))
        if scenario.faults:
            await world.disturb(sandbox, {})
        flights, hotels = await asyncio.gather(world.orders(sandbox), world.bookings(sandbox))
    unsolved = judge_goal(scenario.goal, flights, hotels, executed(events), told(events))
    return Held(events, tuple(flights), tuple(hotels), unsolved, error)


def executed(events: Sequence[Event]) -> tuple[Executed, ...]:
    """The calls of a log that left for an API, in the order in which they were answered."""
    return tuple(_executed(events))


def told(events: Sequence[Event]) -> tuple[Told, ...]:
    """What was said to the person, in order: replies, and the questions for approval."""
    return tuple(_told(events))


def _executed(events: Sequence[Event]) -> Iterator[Executed]:
    planned: set[str] = set()
    cleared: dict[str, CallCleared] = {}
    for event in events:
        match event:
            case PlanMade(steps=steps):
                planned |= {step.id for step in steps}
            case CallCleared(call_id=call_id):
                cleared[call_id] = event
            case CallObserved(call_id=call_id, ok=ok):
                call = cleared[call_id]
                yield Executed(call.name, call.arguments, call.effect, ok, call_id in planned)
            case _:
                pass


def _told(events: Sequence[Event]) -> Iterator[Told]:
    for event, following in zip(events, (*events[1:], None), strict=True):
        match event:
            case ApprovalRequested(summary=summary):
                yield Told("approval", summary)
            case Replied(act=act, text=text):
                gave_up = isinstance(following, TurnEnded) and following.reason == "exhausted"
                yield Told("exhausted" if gave_up else act, text)
            case _:
                pass


async def _talk(agent: Agent, key: str, scenario: Scenario) -> None:
    """Let the person say and decide what is left for them, turn by turn."""
    said: frozenset[int] = frozenset()
    while True:
        events = await agent.events(key)
        match next_step(scenario, said, heard(events)):
            case Say(text, lines):
                said |= set(lines)
                turn = agent.send(key, text)
            case Decide(decision):
                pending = pending_approval(events)
                assert pending is not None
                turn = agent.decide(key, pending.approval_id, decision)
            case None:
                return
        async for _ in turn:
            pass


async def _at_once(seconds: float) -> None:
    """In place of waiting."""
    await asyncio.sleep(0)
