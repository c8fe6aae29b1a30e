"""Plays the gold acts of the development conversations through the grounded grammar.

A conversation can only be solved if the evidence holds every value that its gold acts need, so
this measures the readers and the grammar without a model: each act must be accepted by the grammar
of its very turn, be cleared, and the goal must stand at the end. Beside it stands how tight the
evidence is: the values that each argument of a gold call could have had instead.

    python -m bench.gold [--only ID…] [--values]
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
import yaml
from llguidance import LLMatcher, LLTokenizer
from rich.console import Console
from rich.table import Table

from agent.acts import act_text
from agent.clearance import leaves
from agent.engines.base import Completion, Message, Sampling
from agent.events import ActProposed, Event
from agent.evidence.facts import Scalar
from agent.evidence.grounding import candidates
from agent.evidence.reader import Reader
from agent.prompt import decision_message
from agent.shapes import Array, Leaf, Object, Shape, compile_shape
from agent.state import Fold, State
from bench.booking import Json, Run, converse, read_conversations
from bench.world import World, world
from tools.catalog import Catalog
from tools.errors import EngineRefused

GOLD = Path(__file__).parent / "conversations" / "gold.yaml"
Act = Mapping[str, Json]
"""The calls of one act: arguments by tool name."""

_DECISIONS = (decision_message("approve"), decision_message("decline"))
_PLACEHOLDER = re.compile(r"\$(offer|rate|order|booking|cancellation|result)(\d*)")
_IDS = {
    "offer": re.compile(r"\boff_\w+"),
    "rate": re.compile(r"\brate_\w+"),
    "order": re.compile(r"\bord_\w+"),
    "booking": re.compile(r"\bhbk_\w+"),
    "cancellation": re.compile(r"\b(?:cxl|hcn)_\w+"),
    "result": re.compile(r"\Ac\d+(?= \w+: \d+ results?\b)"),
}


@cache
def read_gold() -> Mapping[str, Sequence[Sequence[Act]]]:
    """The gold acts: for each conversation, for each of its messages."""
    return yaml.safe_load(GOLD.read_text(encoding="utf-8"))


class GoldEngine:
    """Plays gold acts, each only where the grammar of the turn accepts exactly its text.

    Raises `EngineRefused` where it does not, where no act is left for a message, and where acts of
    an earlier message were never asked for.
    """

    def __init__(self, acts: Sequence[Sequence[Act]]) -> None:
        self._acts = acts
        self._played: Counter[int] = Counter()
        self.refused = ""

    @property
    def name(self) -> str:
        """Says that nothing is decided here."""
        return "gold"

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """The next gold act for the newest user message of the prompt."""
        message = sum(m.role == "user" and m not in _DECISIONS for m in prompt) - 1
        if left := self.unplayed(message):
            raise EngineRefused(left)
        act = self._acts[message][self._played[message] :][:1]
        if not act:
            raise EngineRefused(f"message {message + 1}: asked for one act more than there is")
        self._played[message] += 1
        text = act_text([(name, _resolved(args, prompt)) for name, args in act[0].items()])
        if grammar is not None:
            taken = accepted(grammar, text)
            if taken < len(text.encode()):
                self.refused = text
                head = text.encode()[:taken].decode(errors="replace")
                raise EngineRefused(f"message {message + 1}: the grammar ends at {head} of {text}")
        return Completion(text)

    async def aclose(self) -> None:
        """Nothing to release."""

    def unplayed(self, before: int) -> str:
        """Says which message before this one has acts that were never asked for, if any."""
        for message, acts in enumerate(self._acts[:before]):
            if self._played[message] < len(acts):
                return f"message {message + 1}: only {self._played[message]} acts were asked for"
        return ""


@cache
def _bytes() -> LLTokenizer:
    return LLTokenizer("byte")


def accepted(grammar: str, text: str) -> int:
    """How many bytes of a text the grammar accepts; all of them only where it may end there."""
    matcher = LLMatcher(_bytes(), LLMatcher.grammar_from_lark(grammar))
    tokens = list(text.encode())
    taken = matcher.try_consume_tokens(tokens)
    return taken if taken < len(tokens) or matcher.is_accepting() else taken - 1


def _resolved(value: Any, prompt: Sequence[Message]) -> Any:
    """`value` with its placeholders filled in from the newest results of the prompt."""
    match value:
        case dict():
            members = cast("Json", value).items()
            return {name: _resolved(member, prompt) for name, member in members}
        case list():
            return [_resolved(item, prompt) for item in cast("list[Any]", value)]
        case str() if placeholder := _PLACEHOLDER.fullmatch(value):
            return _newest(placeholder[1], int(placeholder[2] or 1), prompt)
        case _:
            return value


def _newest(kind: str, position: int, prompt: Sequence[Message]) -> str:
    for message in reversed(prompt):
        found = list(dict.fromkeys(_IDS[kind].findall(message.content)))
        if message.role == "tool" and len(found) >= position:
            return found[position - 1]
    raise EngineRefused(f"no result shows {kind} number {position}")


@dataclass(frozen=True, slots=True)
class Choice:
    """What one argument of a gold call could be, and what it was.

    `pointer` has ``*`` for list items; `said` is empty for an optional argument that stays away.
    Ids are counted as well, but a wrong one among them says nothing about the readers.
    """

    conversation: str
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
    """One conversation played through. `problem` is empty where all went as the gold says."""

    run: Run
    problem: str
    choices: list[Choice] = field(default_factory=list[Choice])


async def play(conversation: Json, place: World) -> Played:
    """Play the gold acts of one conversation in a fresh sandbox."""
    engine = GoldEngine(read_gold()[conversation["id"]])
    run = await converse(conversation, "grounded", engine, place)
    problem = run.error or engine.unplayed(len(conversation["messages"]))
    if not problem and run.audit.rejected:
        problem = "a gold act was not cleared"
    if not problem and not run.solved:
        problem = "all acts were played, but the goal is not reached"
    return Played(run, problem, list(_choices(run.id, run.events, engine.refused, place.catalog)))


def _choices(
    conversation: str, events: Sequence[Event], refused: str, catalog: Catalog
) -> Iterator[Choice]:
    """The choices of every act in a log, and of the act that the grammar refused at its end."""
    fold = Fold(catalog, Reader(catalog.specs))
    state = State()
    for event in events:
        if isinstance(event, ActProposed):
            yield from _choices_of(conversation, event.text, state, catalog)
        state = fold.apply(state, event)
    if refused:
        yield from _choices_of(conversation, refused, state, catalog)


def _choices_of(conversation: str, text: str, state: State, catalog: Catalog) -> Iterator[Choice]:
    for line in text.splitlines():
        call: Json = orjson.loads(line)
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
                yield Choice(conversation, tool.name, pointer, kind, values, tuple(offered))


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
    """Which conversations pass, why the others do not, and how tight the evidence is."""
    failed = [one for one in played if one.problem]
    console.print(f"{len(played) - len(failed)} of {len(played)} conversations pass")
    for one in failed:
        console.print(f"{one.run.id}: {one.problem}", markup=False)
        for choice in one.choices:
            if choice.lacking:
                console.print(f"    {_told(choice)}, lacks {_listed(choice.lacking)}")
    choices = [c for one in played for c in one.choices if c.kind != "entity"]
    console.print(_table(choices))
    if values:
        for choice in choices:
            if choice.wrong:
                console.print(f"{choice.conversation} {_told(choice)}: {_listed(choice.wrong)}")


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
    """Play every chosen conversation, one after the other."""
    async with world() as place:
        return [await play(one, place) for one in read_conversations(only, None)]


def main() -> None:
    """Parse, play, report."""
    parser = argparse.ArgumentParser(description="Plays the gold acts of the conversations")
    parser.add_argument("--only", nargs="*", default=[], help="only these ids")
    parser.add_argument("--values", action="store_true", help="list the wrong values on offer")
    chosen = parser.parse_args()
    report(asyncio.run(measure(chosen.only)), Console(width=120), values=chosen.values)


if __name__ == "__main__":
    main()
