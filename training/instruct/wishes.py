"""What a person says in each line of a conversation, told from its executed chain.

Which line holds which value is known from the provenance of the cleared calls: the same record that
the agent keeps of every argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.clearance import leaves
from agent.events import CallCleared, UserMessage
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
    """A wish for each line of the chain's scenario, in their order."""
    lines = chain.instruction.scenario.lines
    found = [Wish((), (), line.text) for line in lines]
    messages: list[str] = []
    for event in chain.events:
        if isinstance(event, UserMessage):
            messages.append(event.content)
        if not isinstance(event, CallCleared) or event.name not in catalog:
            continue
        tool = catalog.get(event.name)
        for place, value in _values(event, tool, messages, lines, _own(chain)):
            if value not in found[place].values:
                found[place] = replace(found[place], values=(*found[place].values, value))
        place = _place(messages[-1], 0, lines)
        said = first_sentence(tool.description)
        if said not in found[place].wants:
            found[place] = replace(found[place], wants=(*found[place].wants, said))
    return tuple(found)


def _values(
    call: CallCleared,
    tool: ToolSpec,
    messages: Sequence[str],
    lines: Sequence[Line],
    own: Mapping[str, str],
) -> Iterator[tuple[int, Value]]:
    for pointer, value in leaves(call.arguments):
        origin = call.provenance.get(pointer)
        if origin is None or origin.source not in {"user", "context"} or ":" not in origin.ref:
            continue
        number, span = origin.ref.removeprefix("m").split(":")
        start, end = map(int, span.split("-"))
        message = messages[int(number) - 1]
        name = next(part for part in reversed(pointer.split("/")) if not part.isdigit())
        label = " ".join(words(own.get(name, name)))
        place = _place(message, start, lines)
        yield place, Value(label, value, message[start:end], tool.rule_at(pointer))


def _own(chain: Chain) -> Mapping[str, str]:
    """The arguments' own names by the neutral ones that a masked row shows."""
    masked = chain.instruction.masked
    return {hidden: own.rpartition("/")[2] for own, hidden in masked.items() if "/" in own}


def _place(message: str, at: int, lines: Sequence[Line]) -> int:
    """The line that stands at an offset of a message, which is made of one line or several."""
    for place, line in enumerate(lines):
        start = message.find(line.text)
        if 0 <= start <= at <= start + len(line.text):
            return place
    raise ValueError(f"no line of the scenario stands in {message!r} at {at}")
