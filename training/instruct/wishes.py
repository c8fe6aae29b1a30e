"""What a person says in each line of a conversation, told from its executed chain.

Which line holds which value is known from the provenance of the cleared calls: the same record that
the agent keeps of every argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent.clearance import leaves
from agent.events import CallCleared, PlanMade, UserMessage
from agent.evidence.facts import Scalar
from tools.catalog import Catalog
from tools.spec import ToolSpec, ValueRule
from tools.words import words
from training.collect.wording import first_sentence
from training.records import Chain
from training.scenarios.scenario import Line


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a line holds: what it is called, what it is, and how it was said."""

    label: str
    value: Scalar
    said: str
    rule: ValueRule | None


@dataclass(frozen=True, slots=True)
class Wish:
    """One line to be said: what it is after, its values, and a wording of it that serves."""

    wants: tuple[str, ...]
    values: tuple[Value, ...]
    means: str

    def told(self, *, wording: bool) -> Mapping[str, Any]:
        """The line as the teacher reads it. Without `wording` its own words are left out."""
        values = [{"is": one.label, "value": one.value, "said": one.said} for one in self.values]
        told: dict[str, Any] = {"wants": self.wants, "values": values, "means": self.means}
        if not wording:
            del told["means"]
        return told


def wishes(chain: Chain, catalog: Catalog) -> tuple[Wish, ...]:
    """A wish for each line of the chain's scenario, in their order.

    Calls that a turn makes of itself, such as reading a price afresh, are nobody's wish.
    """
    lines = chain.instruction.scenario.lines
    found = [Wish((), (), line.text) for line in lines]
    planned = {
        step.id for event in chain.events if isinstance(event, PlanMade) for step in event.steps
    }
    said, own = _Said(lines), _own(chain)
    for event in chain.events:
        match event:
            case UserMessage(content=content):
                said.hear(content)
            case CallCleared() if event.call_id in planned and event.name in catalog:
                tool = catalog.get(event.name)
                for place, value in _values(event, tool, said, own):
                    if value not in found[place].values:
                        found[place] = replace(found[place], values=(*found[place].values, value))
                newest = said.line(len(said.messages), 0)
                purpose = first_sentence(tool.description)
                if purpose not in found[newest].wants:
                    found[newest] = replace(found[newest], wants=(*found[newest].wants, purpose))
            case _:
                pass
    return tuple(found)


@dataclass(slots=True)
class _Said:
    """The messages of a conversation so far, and which line begins where in each."""

    lines: Sequence[Line]
    messages: list[str] = field(default_factory=list[str])
    _laid: list[list[tuple[int, int]]] = field(default_factory=list[list[tuple[int, int]]])

    def hear(self, message: str) -> None:
        """Note a message: lines that were not said before, one after the other.

        Raises ValueError when it is not made of such lines.
        """
        left = {*range(len(self.lines))} - {place for laid in self._laid for _, place in laid}
        laid, at = list[tuple[int, int]](), 0
        while at < len(message):
            fitting = [one for one in left if message.startswith(self.lines[one].text, at)]
            if not fitting:
                raise ValueError(f"not made of the scenario's lines: {message!r}")
            place = max(fitting, key=lambda one: (len(self.lines[one].text), -one))
            laid.append((at, place))
            left.remove(place)
            at += len(self.lines[place].text)
            # A line that nothing ended got a full stop (`training.scenarios.user`).
            at += 2 if message.startswith(". ", at) else 1
        self.messages.append(message)
        self._laid.append(laid)

    def line(self, message: int, at: int) -> int:
        """The line that stands at an offset of a message (numbered from 1)."""
        return next(place for start, place in reversed(self._laid[message - 1]) if start <= at)


def _values(
    call: CallCleared, tool: ToolSpec, said: _Said, own: Mapping[str, str]
) -> Iterator[tuple[int, Value]]:
    for pointer, value in leaves(call.arguments):
        origin = call.provenance.get(pointer)
        if origin is None or origin.source not in {"user", "context"} or ":" not in origin.ref:
            continue
        number, span = origin.ref.removeprefix("m").split(":")
        start, end = map(int, span.split("-"))
        name = next(part for part in reversed(pointer.split("/")) if not part.isdigit())
        label = " ".join(words(own.get(name, name)))
        text = said.messages[int(number) - 1][start:end]
        yield said.line(int(number), start), Value(label, value, text, tool.rule_at(pointer))


def _own(chain: Chain) -> Mapping[str, str]:
    """The arguments' own names by the neutral ones that a masked row shows."""
    masked = chain.instruction.masked
    return {hidden: own.rpartition("/")[2] for own, hidden in masked.items() if "/" in own}
