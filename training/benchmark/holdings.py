"""What a conversation holds by some point, against which replies are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from agent.clearance import leaves
from agent.events import ApprovalDecided, ApprovalRequested, CallObserved, Event, UserMessage
from agent.json_values import is_array, is_object
from agent.reply.claims import Backing, Claim, unbacked
from agent.reply.deeds import Deed
from agent.state import State
from tools.words import words

_MOST_POSITIONS = 5
"""Things of a list that a reply may call by their position ("the fifth")."""

_STATUS: dict[str, Deed] = {
    "booked": "booked", "reserved": "booked", "confirmed": "booked", "ticketed": "booked",
    "cancelled": "cancelled", "canceled": "cancelled",
}  # fmt: skip


class Holdings:
    """Grows with the events of one log, each read once.

    Held are the user's texts, the results (problems too), the clock, whatever the readers
    computed from these, sizes of the lists that results show, the terms of approvals, which code
    sums up, and the names of arguments, which may hold numbers ("line 2"). Deeds are the writes
    that the log shows executed, and those whose outcome a result reports (a booking that is looked
    up stands as ``confirmed``). A bare "Done." is backed by any call that was executed in the
    running turn.
    """

    def __init__(self, arguments: Iterable[str] = ()) -> None:
        """`arguments` are the names of all that the tools on offer take."""
        self._backing = Backing()
        self._backing.add([" ".join(words(name)) for name in arguments])
        self._facts = 0
        self._deeds: set[Deed] = set()

    def take(self, event: Event, state: State) -> None:
        """Add what an event brought. `state` is the state after it."""
        match event:
            case UserMessage(content=content, now=now):
                self._backing.add([content, *_clock(now)])
            case ApprovalDecided(now=now):
                self._backing.add(_clock(now))
            case ApprovalRequested():
                self._backing.add(_terms(event, state))
            case CallObserved():
                self._observed(event, state)
            case _:
                pass
        facts = state.evidence.facts
        fresh, self._facts = facts[self._facts :], len(facts)
        computed = [fact for fact in fresh if fact.source != "result"]
        self._backing.add([value for fact in computed for value in (fact.value, fact.text)])

    def unbacked(self, text: str, state: State) -> list[Claim]:
        """The claims of a text that nothing held so far backs."""
        deeds: set[Deed] = {*self._deeds, "done"} if state.this_turn else self._deeds
        return unbacked(text, self._backing, deeds)

    def _observed(self, event: CallObserved, state: State) -> None:
        values = [value for _, value in leaves(event.result)]
        self._backing.add([*values, *_sizes(event.result)])
        call = state.calls[event.call_id]
        if not event.ok:
            return
        if call.effect == "write":
            self._deeds.add("cancelled" if "cancel" in call.name else "booked")
        said = {str(value).casefold() for value in values}
        self._deeds |= {deed for status, deed in _STATUS.items() if status in said}


def _clock(now: str) -> Iterator[str]:
    moment = datetime.fromisoformat(now)
    yield moment.date().isoformat()
    yield moment.strftime("%H:%M")


def _terms(request: ApprovalRequested, state: State) -> Iterator[Any]:
    for total in request.totals:
        yield total.amount
    for _, value in leaves(dict(request.terms)):
        yield value
    if request.expires_at is not None:
        # A person reads the expiry in the zone of the conversation's clock.
        yield datetime.fromisoformat(request.expires_at).astimezone(state.clock.tzinfo).isoformat()


def _sizes(value: Any) -> Iterator[int]:
    """How long the lists inside a JSON value are, and the positions at their top."""
    if is_object(value):
        for member in value.values():
            yield from _sizes(member)
    elif is_array(value):
        yield len(value)
        yield from range(1, min(len(value), _MOST_POSITIONS) + 1)
        for item in value:
            yield from _sizes(item)
