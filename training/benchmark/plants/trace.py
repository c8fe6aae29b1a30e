"""A correct trace seen as places where faults can be planted, and what planting one changes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, cast

import jsonpointer
import jsonschema_rs

from agent.acts import act_text, is_reply, parse_act
from agent.calls import ProposedCall, Rejected
from agent.clearance import schema_at
from agent.events import ActProposed, Event
from agent.json_values import is_array, is_object
from agent.state import State
from tools.spec import ToolSpec, ValueRule
from training.benchmark.judge import Judge
from training.benchmark.records import Fault, FaultCode

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """One proposal of a trace: which one it is, where it stands, and the state it was made in."""

    index: int
    position: int
    calls: tuple[ProposedCall, ...]
    state: State

    def fault(self, code: FaultCode, call: int, pointer: str, why: str, name: str = "") -> Fault:
        """A fault to expect. `name` where it is not that of the call as it stands."""
        known = self.calls[call].name if call < len(self.calls) else ""
        return Fault(code, self.index, call, name or known, pointer, why)

    def text(self, number: int, *instead: tuple[str, Any]) -> str:
        """The act with other calls in place of one."""
        calls = [(call.name, call.arguments) for call in self.calls]
        return act_text([*calls[:number], *instead, *calls[number + 1 :]])


@dataclass(frozen=True, slots=True)
class Place:
    """One call of a site: a free copy of its arguments, and its tool."""

    site: Site
    number: int
    tool: ToolSpec
    arguments: Json

    def nodes(self) -> Iterator[tuple[str, Any]]:
        """Every value inside the arguments with its pointer, containers too, the outer first."""
        return _nodes(self.arguments, "")

    def schema(self, pointer: str) -> Mapping[str, Any]:
        """The subschema of the value at a pointer."""
        return schema_at(self.tool.parameters, pointer)

    def rule(self, pointer: str) -> ValueRule | None:
        """The rule of the leaf at a pointer."""
        return self.tool.rule_at(pointer)

    def having(self, pointer: str, value: Any) -> Json:
        """The arguments with another value at a pointer."""
        return cast("Json", jsonpointer.set_pointer(self.arguments, pointer, value, inplace=False))

    def without(self, pointer: str) -> Json:
        """The arguments without the member at a pointer."""
        arguments = copy.deepcopy(self.arguments)
        parent, _, name = pointer.rpartition("/")
        del jsonpointer.resolve_pointer(arguments, parent)[name]
        return arguments

    def related(self, arguments: Json) -> bool:
        """Whether the pairs of arguments that belong together still do (`x-relations`)."""
        for relation in self.tool.relations:
            one, other = arguments.get(relation.argument), arguments.get(relation.other)
            if one is None or other is None:
                continue
            if one == other or (relation.kind == "after" and one < other):
                return False
        return True

    def fault(self, code: FaultCode, pointer: str, why: str) -> Fault:
        """A fault of this very call to expect."""
        return self.site.fault(code, self.number, pointer, why)


@dataclass(frozen=True, slots=True)
class Change:
    """What planting does: events to put in place of others, and the faults that follow from it."""

    events: Mapping[int, Event]
    expected: tuple[Fault, ...]


class Trace:
    """A correct log: every proposal in it is cleared, every write approved, every reply backed."""

    def __init__(self, name: str, events: Sequence[Event], judge: Judge) -> None:
        self.name = name
        self.judge = judge
        self.events = tuple(events)
        self.acts = judge.acts
        self.most_calls = judge.most_calls
        self.states: tuple[State, ...] = (State(), *(state for _, state in judge.states(events)))
        """The state before each event, and the last one after them all."""
        self.sites = tuple(self._sites())

    def places(self, rng: Random, *, replies: bool = True) -> Iterator[Place]:
        """Every call of the trace, in a random order."""
        found = [
            (site, number)
            for site in self.sites
            for number, call in enumerate(site.calls)
            if replies or not is_reply(self.acts[call.name])
        ]
        for site, number in rng.sample(found, len(found)):
            call = site.calls[number]
            yield Place(site, number, self.acts[call.name], copy.deepcopy(call.arguments))

    def retold(self, site: Site, text: str, *expected: Fault) -> Change:
        """A proposal with another text."""
        event = cast("ActProposed", self.events[site.position])
        return Change({site.position: replace(event, text=text)}, expected)

    def rewritten(self, place: Place, arguments: Any, *expected: Fault) -> Change:
        """A call with other arguments."""
        text = place.site.text(place.number, (place.tool.name, arguments))
        return self.retold(place.site, text, *expected)

    def newest_site(self, position: int) -> Site | None:
        """The newest proposal before a position of the log."""
        return next((s for s in reversed(self.sites) if s.position < position), None)

    def _sites(self) -> Iterator[Site]:
        positions = [n for n, event in enumerate(self.events) if isinstance(event, ActProposed)]
        for index, position in enumerate(positions):
            event = cast("ActProposed", self.events[position])
            act = parse_act(event.text, 1, event.text.count("\n") + 1)
            if not isinstance(act, Rejected):
                yield Site(index, position, act, self.states[position])


Plant = Callable[[Trace, Random], Change | None]
"""Plants one fault somewhere in a trace; None where the trace has no place for it."""


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is valid under a schema, formats included."""
    validator = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
    return validator.is_valid(value)


def _nodes(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if pointer:
        yield pointer, value
    if is_object(value):
        for key, member in value.items():
            yield from _nodes(member, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif is_array(value):
        for index, item in enumerate(value):
            yield from _nodes(item, f"{pointer}/{index}")
