"""Chains of calls over any tools: which gives what another needs, and a way through them.

A chain is sampled call by call, and every call is executed before the next one is chosen, so that
what one needs is what another really answered.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx

from agent.json_values import is_object
from agent.observation import objects, row_schema
from tools.executor import Api, Executor
from tools.outcome import Success
from tools.spec import ToolSpec
from training.collect.arguments import Example, Slot, sample
from training.scenarios.scenario import Json
from training.simulate import SimulatorTransport, base_url
from training.simulate.samples import fits, properties

SHOWN = 5
"""So many rows of a result a model reads (`agent.observation`)."""
_VAGUE = frozenset({"", "object", "result"})

Execute = Callable[[ToolSpec, Json], Awaitable[Any]]
"""Executes a call: the body of the answer. Raises `NotAnsweredError`."""


class NotAnsweredError(Exception):
    """A call of a chain did not succeed. The text is the API's code."""


@dataclass(frozen=True, slots=True)
class Link:
    """A tool that needs an id which another one shows: property of a row, argument."""

    giver: str
    shown: str
    taker: str
    argument: str
    entity: str


@dataclass(frozen=True, slots=True)
class Step:
    """One executed call. `said` are the values that a person names for it.

    `link` is set where an earlier result gave an argument: that of step `source`, its row number
    `position` of `rows` that it showed.
    """

    tool: ToolSpec
    arguments: Json
    said: tuple[Slot, ...]
    body: Any
    link: Link | None = None
    source: int = -1
    position: int = 0

    @property
    def rows(self) -> Sequence[Json]:
        """What the result shows."""
        return list(objects(self.body))


def links(tools: Iterable[ToolSpec]) -> tuple[Link, ...]:
    """Every way in which a result of one tool can give a required argument of another."""
    known = list(tools)
    found: list[Link] = []
    for giver in known:
        for entity, shown in _shown_ids(giver).items():
            found += [
                Link(giver.name, shown, taker.name, argument, entity)
                for taker in known
                if taker is not giver and taker.api == giver.api
                for argument in _needed(taker, entity)
            ]
    return tuple(found)


def _shown_ids(tool: ToolSpec) -> Mapping[str, str]:
    """Ids that stand in the rows of a result where a model reads them, by entity."""
    ids: dict[str, str] = {}
    for name, schema in properties(row_schema(tool.returns or {})).items():
        entity = schema.get("x-entity")
        if isinstance(entity, str) and entity not in _VAGUE:
            ids.setdefault(entity, name)
    return ids


def _needed(tool: ToolSpec, entity: str) -> list[str]:
    return [
        name
        for name in tool.parameters.get("required", ())
        if (rule := tool.rules.get(f"/{name}")) is not None
        and rule.entity == entity
        and "result" in rule.sources
    ]


@dataclass(frozen=True, slots=True)
class Walker:
    """Samples chains over tools and the `links` between them, executing as it goes."""

    tools: Sequence[ToolSpec]
    links: Sequence[Link]
    rng: random.Random
    today: date
    execute: Execute

    async def walk(self, length: int) -> tuple[Step, ...] | str:
        """A chain of at most `length` calls, at least one; or why there is none.

        A chain of several starts where a result leads on. No tool is called twice.
        """
        openers = sorted({link.giver for link in self.links}) if length > 1 else []
        by_name = {tool.name: tool for tool in self.tools}
        tool = by_name[self.rng.choice(openers or sorted(by_name))]
        example = sample(tool, self.rng, self.today)
        if not isinstance(example, Example):
            return example
        steps: list[Step] = []
        try:
            body = await self.execute(tool, example.arguments)
            steps.append(Step(tool, example.arguments, example.slots, body))
            while len(steps) < length:
                following = await self._following(steps)
                if following is None:
                    break
                steps.append(following)
        except NotAnsweredError as error:
            # What was deleted on the way is not there any more: the chain ends before that.
            return tuple(steps) or f"not_answered: {error}"
        return tuple(steps)

    async def _following(self, steps: Sequence[Step]) -> Step | None:
        """A next call with an id from a result, the newest first; None where none fits."""
        called = {step.tool.name for step in steps}
        by_name = {tool.name: tool for tool in self.tools}
        for source in reversed(range(len(steps))):
            giver = steps[source].tool.name
            ways = [one for one in self.links if one.giver == giver and one.taker not in called]
            self.rng.shuffle(ways)
            for link in ways:
                step = self._linked(by_name[link.taker], link, steps[source])
                if step is not None:
                    body = await self.execute(step.tool, step.arguments)
                    return replace(step, body=body, source=source)
        return None

    def _linked(self, tool: ToolSpec, link: Link, giver: Step) -> Step | None:
        """A call of a tool with an id that one of the giver's rows shows, not executed yet."""
        rows = [n for n, row in enumerate(giver.rows[:SHOWN]) if link.shown in row]
        example = sample(tool, self.rng, self.today)
        if not rows or not isinstance(example, Example):
            return None
        position = self.rng.choice(rows)
        given = giver.rows[position][link.shown]
        arguments = {**example.arguments, link.argument: given}
        said = tuple(slot for slot in example.slots if slot.pointer != f"/{link.argument}")
        step = Step(tool, arguments, said, None, link, position=position)
        return step if fits(tool.parameters, arguments) else None


@asynccontextmanager
async def rehearsal(tools: Iterable[ToolSpec], seed: int) -> AsyncGenerator[Execute]:
    """Executes calls of these tools in a fresh simulated world.

    The answers are those that any other simulated world of this seed gives to the same calls.
    """
    known = list(tools)
    transport = SimulatorTransport(known, seed)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        apis = {tool.api: Api(base_url(tool.api)) for tool in known}
        yield executing(Executor(apis, client=client))


def executing(executor: Executor) -> Execute:
    """Executes calls wherever the executor sends them; a read must have something to show."""

    async def execute(tool: ToolSpec, arguments: Json) -> Any:
        outcome = await executor.execute(tool, arguments)
        if not isinstance(outcome, Success):
            raise NotAnsweredError(getattr(outcome, "code", "unknown"))
        if tool.effect == "read" and not any(is_object(row) for row in objects(outcome.body)):
            raise NotAnsweredError("nothing to show")
        return outcome.body

    return execute
