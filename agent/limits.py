"""What grounded decoding leaves out in a conversation's state: acts that would lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.acts import ANSWERS, CLOSES, SHOWS
from agent.evidence.facts import Fact
from agent.evidence.numbers import PEOPLE
from agent.evidence.roles import speaks_of_a_way
from agent.state import CallState, State, is_search
from tools.spec import THING, ValueKind

WHO = PEOPLE | {"room", "night"}
"""Units of numbers that say for whom and how long."""
_WHEN_AND_WHERE = frozenset[ValueKind]({"date", "place"})
_GONE = frozenset({"offer_expired", "sold_out"})
"""Codes of writes that will not succeed however often they are sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What mode ``grounded`` leaves out.

    `pointless` names acts that lead nowhere now; `spent` are tools, each with an id that an
    executed write of theirs has used up, or that is gone. `looked` are the tools that answered in
    the running turn, `untold` the ids of the calls to them, where the person asked nothing. `kept`
    are arguments of the newest search, by its tool: whoever only asks for cheaper ones still means
    the same days and the same people.
    """

    pointless: frozenset[str] = frozenset()
    spent: frozenset[tuple[str, str]] = frozenset()
    looked: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


NO_LIMITS = Limits()


def limits_of(state: State) -> Limits:
    """What is not worth offering to the model in this state."""
    pointless = _closing(state) | _seen(state) | _overtaken(state) | state.repeated
    looked = [call for call in state.this_turn if call.status == "executed"]
    untold = frozenset(() if state.asks else (call.id for call in looked))
    names = frozenset(call.name for call in looked)
    return Limits(pointless, _spent(state), names, untold, _kept(state))


def _closing(state: State) -> frozenset[str]:
    """Closing while a wish with values stands open or a result was not shown."""
    is_open = state.shown or bool(state.to_show)
    return frozenset({CLOSES} if is_open and not state.unreported else ())


def _seen(state: State) -> frozenset[str]:
    """Showing what was shown, and reading once more what this turn has asked for whole.

    A list with a next page is not whole; what failed is not tried again and again.
    """
    showing = () if state.to_show else (SHOWS,)
    asked = (call for call in state.this_turn if call.effect == "read" and not call.arguments)
    return frozenset({*showing, *(c.name for c in asked if c.whole or c.status == "failed")})


def _overtaken(state: State) -> frozenset[str]:
    """Proposing a write again, or telling of what is known, when the person changed the wish.

    Whoever says another day instead of approving wants something else looked up first.
    """
    if state.pending is None or not state.changed or state.this_turn:
        return frozenset()
    return frozenset({ANSWERS, *(state.calls[one].name for one in state.pending.call_ids)})


def _kept(state: State) -> Mapping[str, Mapping[str, Any]]:
    """The arguments of the newest search of an earlier turn, unless another one is wanted now.

    That is so where the newest message names a day, a place, a kind of thing, people or nights, or
    the way back.
    """
    search = next(filter(_may_be_refined, reversed(state.calls.values())), None)
    if search is None or search.turn == state.turn_start:
        return {}
    said = state.evidence.texts[-1]
    renewed = any(_is_another_wish(f) for f in state.evidence.facts if f.message == said.ref)
    return {} if renewed or speaks_of_a_way(said.text) else {search.name: search.arguments}


def _may_be_refined(call: CallState) -> bool:
    return is_search(call) and call.effect == "read" and bool(call.arguments)


def _is_another_wish(fact: Fact) -> bool:
    # Names are read generously: "den billigsten" might be one.
    named = fact.kind == "name" and fact.text[:1].isupper()
    return named or fact.kind in _WHEN_AND_WHERE or fact.vocabulary == THING or fact.unit in WHO


def _spent(state: State) -> frozenset[tuple[str, str]]:
    """Tools with an id that an executed write of theirs has used up, or has found gone.

    What is gone may come back: a newer result that shows it says so.
    """
    writes = (call for call in state.calls.values() if call.effect == "write")
    used = (call for call in writes if call.status == "executed" or call.code in _GONE)
    return frozenset(
        (call.name, value)
        for call in used
        for value in call.arguments.values()
        if isinstance(value, str) and not (call.code and _shown_since(state, call, value))
    )


def _shown_since(state: State, call: CallState, value: str) -> bool:
    calls = [*state.calls]
    since = set(calls[calls.index(call.id) + 1 :])
    same = (fact for fact in state.evidence.of_kind("entity") if fact.value == value)
    return any(fact.ref.partition("/")[0] in since for fact in same)
