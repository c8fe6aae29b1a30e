"""Plays the gold acts of the development scenarios through the grounded grammar.

A scenario can only be solved if the evidence holds every value that its gold acts need, so this
measures the readers and the grammar without a model: each act must be accepted by the grammar of
its very turn, be cleared, and the goal must stand at the end. Beside it stands how tight the
evidence is: the values that each argument of a gold call could have had instead.

    python -m bench.gold [--only ID…] [--values]
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from agent.clearance import leaves
from agent.events import ActProposed, Event
from agent.evidence.candidates import candidates
from agent.evidence.facts import Scalar
from agent.evidence.reader import Reader
from agent.fold import Fold
from agent.options import Options
from agent.shapes import Array, Leaf, Object, Shape, compile_shape
from agent.state import State
from bench.audit import Audit, audit
from tools.catalog import Catalog
from training.scenarios.converse import Held, hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import DEVELOPMENT, Scenario, read_scenarios
from training.worlds import World, world

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """What one argument of a gold call could be, and what it was.

    `pointer` has ``*`` for list items; `said` is empty for an optional argument that stays away.
    Ids are counted as well, but a wrong one among them says nothing about the readers.
    """

    scenario: str
    tool: str
    pointer: str
    kind: str
    said: tuple[Scalar, ...]
    offered: tuple[Scalar, ...]

    @property
    def wrong(self) -> tuple[Scalar, ...]:
        """Values on offer that the gold call does not have there."""
        return tuple(value for value in self.offered if value not in self.said)

    @property
    def lacking(self) -> tuple[Scalar, ...]:
        """Values of the gold call that are not on offer."""
        return tuple(value for value in self.said if value not in self.offered)


@dataclass(slots=True)
class Played:
    """One scenario played through. `problem` is empty where all went as the gold says."""

    id: str
    held: Held
    audit: Audit
    problem: str
    choices: list[Choice] = field(default_factory=list[Choice])


async def play(scenario: Scenario, place: World) -> Played:
    """Play the gold acts of one scenario in a fresh sandbox."""
    engine = GoldEngine(scenario.gold)
    held = await hold(scenario, place, engine, Options(mode="grounded"))
    found = audit(held.events, place.catalog, [*held.flights, *held.hotels])
    problem = held.error or engine.unplayed() or "; ".join(held.unsolved)
    if not problem and found.rejected:
        problem = "a gold act was not cleared"
    choices = list(_choices(scenario.id, held.events, engine.refused, place.catalog))
    return Played(scenario.id, held, found, problem, choices)


def _choices(
    scenario: str, events: Sequence[Event], refused: str, catalog: Catalog
) -> Iterator[Choice]:
    """The choices of every act in a log, and of the act that the grammar refused at its end."""
    fold = Fold(catalog, Reader(catalog.specs))
    state = State()
    for event in events:
        if isinstance(event, ActProposed):
            yield from _choices_of(scenario, event.text, state, catalog)
        state = fold.apply(state, event)
    if refused:
        yield from _choices_of(scenario, refused, state, catalog)


def _choices_of(scenario: str, text: str, state: State, catalog: Catalog) -> Iterator[Choice]:
    for line in text.splitlines():
        call: Mapping[str, Any] = orjson.loads(line)
        if call["name"] not in catalog:
            continue
        tool = catalog.get(call["name"])
        said: dict[str, list[Scalar]] = {}
        for pointer, value in leaves(call["arguments"]):
            said.setdefault(re.sub(r"/\d+(?=/|$)", "/*", pointer), []).append(value)
        for pointer, leaf in _leaves(compile_shape(tool), ""):
            if leaf.rule is None:
                continue
            found = (fact.value for fact in candidates(leaf.rule, state.evidence, state.clock))
            offered = [value for value in dict.fromkeys(found) if leaf.accepts(value)]
            values = tuple(dict.fromkeys(said.get(pointer, ())))
            if values or offered:
                kind = leaf.rule.kind
                yield Choice(scenario, tool.name, pointer, kind, values, tuple(offered))


def _leaves(shape: Shape, pointer: str) -> Iterator[tuple[str, Leaf]]:
    match shape:
        case Leaf():
            yield pointer, shape
        case Object(members=members):
            for name, member in members.items():
                yield from _leaves(member, f"{pointer}/{name}")
        case Array(item=item):
            yield from _leaves(item, f"{pointer}/*")
        case _:
            return


def report(played: Sequence[Played], console: Console, *, values: bool) -> None:
    """Which scenarios pass, why the others do not, and how tight the evidence is."""
    failed = [one for one in played if one.problem]
    console.print(f"{len(played) - len(failed)} of {len(played)} scenarios pass")
    for one in failed:
        console.print(f"{one.id}: {one.problem}", markup=False)
        for choice in one.choices:
            if choice.lacking:
                console.print(f"    {_told(choice)}, lacks {_listed(choice.lacking)}")
    choices = [c for one in played for c in one.choices if c.kind != "entity"]
    console.print(_table(choices))
    if values:
        for choice in choices:
            if choice.wrong:
                console.print(f"{choice.scenario} {_told(choice)}: {_listed(choice.wrong)}")


def _told(choice: Choice) -> str:
    said = _listed(choice.said) or "left out"
    return f"{choice.tool} {choice.pointer} = {said}, {len(choice.offered)} on offer"


def _listed(values: Sequence[Scalar]) -> str:
    return ", ".join(map(str, values))


def _table(choices: Sequence[Choice]) -> Table:
    table = Table(title="values on offer for the arguments of gold calls (ids not counted)")
    for column in ("argument", "gold has it", "offered", "wrong", "gold leaves it out", "offered"):
        table.add_column(column, justify="left" if column == "argument" else "right")
    total = [0] * 5
    for name in sorted({(c.tool, c.pointer) for c in choices}):
        these = [c for c in choices if (c.tool, c.pointer) == name]
        there = [c for c in these if c.said]
        absent = [c for c in these if not c.said]
        row = [
            len(there),
            sum(len(c.offered) for c in there),
            sum(len(c.wrong) for c in there),
            len(absent),
            sum(len(c.offered) for c in absent),
        ]
        total = [a + b for a, b in zip(total, row, strict=True)]
        table.add_row(" ".join(name), *map(str, row))
    table.add_section()
    table.add_row("all", *map(str, total))
    return table


async def measure(only: Sequence[str]) -> list[Played]:
    """Play every chosen scenario, a few of them side by side."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(scenario: Scenario, place: World) -> Played:
        async with at_once:
            return await play(scenario, place)

    async with world() as place:
        scenarios = [s for s in read_scenarios(DEVELOPMENT) if not only or s.id in only]
        return await asyncio.gather(*(one(scenario, place) for scenario in scenarios))


def main() -> None:
    """Parse, play, report."""
    parser = argparse.ArgumentParser(description="Plays the gold acts of the scenarios")
    parser.add_argument("--only", nargs="*", default=[], help="only these ids")
    parser.add_argument("--values", action="store_true", help="list the wrong values on offer")
    chosen = parser.parse_args()
    report(asyncio.run(measure(chosen.only)), Console(width=120), values=chosen.values)


if __name__ == "__main__":
    main()
