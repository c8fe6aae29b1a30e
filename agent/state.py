"""A conversation's state: what `agent.fold` makes of its events, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from agent.calls import Provenance, Rejection
from agent.engines.base import Message
from agent.events import (
    ApprovalRequested,
    WriteIntended,
)
from agent.evidence.facts import Evidence
from agent.evidence.references import Listing
from agent.json_values import is_array, is_object
from agent.observation import objects
from tools.spec import Effect

CallStatus = Literal["cleared", "executed", "failed", "rejected"]
DEFAULT_LANGUAGE = "en"
ASKED_AGAIN = "approval"
"""Act name of a reply that shows a pending approval once more."""
IMPORTED = "imported"
"""Act name of a reply that was brought in as history instead of being decided here."""


@dataclass(frozen=True, slots=True)
class CallState:
    """One call and how far it got.

    `result` is the response body, or the problem it met; `turn` the `turn_start` of the turn in
    which it was executed.
    """

    id: str
    name: str
    arguments: Any
    effect: Effect
    status: CallStatus
    provenance: Mapping[str, Provenance] = field(default_factory=dict[str, Provenance])
    rejections: tuple[Rejection, ...] = ()
    result: Any = None
    code: str = ""
    turn: int = -1

    @property
    def whole(self) -> bool:
        """Whether it is a read that gave all there is: without conditions, and to the last page."""
        executed = self.effect == "read" and self.status == "executed" and not self.arguments
        return executed and not any(_goes_on(self.result))


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the next act depends on.

    `position` is the number of events folded. `prompt` grows only at its end. `pending` is the
    approval that waits for a person, `asked` whether the last thing said was that question;
    `granted` is the approval whose writes are being executed.
    `intended` is the write that left without an answer yet, with its idempotency key. `turn_start`
    is the position of the event that opened the running turn. `unreported` are writes whose
    outcome no reply has told yet; `shown` says whether the newest message showed any value,
    `changed` whether it said a place or a coming day that nothing had said before, `asks` whether
    it asked something; `told` are
    calls of turns that a reply has ended; `repeated` are tools that the running turn was refused a
    second call of the same arguments for.
    """

    position: int = 0
    turn_start: int = 0
    sandbox: str = "default"
    now: datetime | None = None
    language: str = DEFAULT_LANGUAGE
    prompt: tuple[Message, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    calls: dict[str, CallState] = field(default_factory=dict[str, CallState])
    messages: int = 0
    pending: ApprovalRequested | None = None
    asked: bool = False
    granted: ApprovalRequested | None = None
    intended: WriteIntended | None = None
    reads_done: frozenset[str] = frozenset()
    writes_done: frozenset[str] = frozenset()
    unreported: tuple[str, ...] = ()
    shown: bool = False
    told: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    changed: bool = False
    asks: bool = False

    @property
    def clock(self) -> datetime:
        """The conversation's clock. Raises ValueError before the first message."""
        if self.now is None:
            raise ValueError("the conversation has no message yet")
        return self.now

    @property
    def next_call(self) -> int:
        """The number of the next call. Numbers only grow; not every proposed call is kept."""
        newest = next(reversed(self.calls), "c0")
        return int(newest.removeprefix("c")) + 1

    @property
    def executed(self) -> frozenset[str]:
        """Signatures that must not run again: reads of this turn, writes of all turns.

        A read that the API refused counts as well; one that it was too busy for does not.
        """
        return self.reads_done | self.writes_done

    @property
    def to_show(self) -> Sequence[CallState]:
        """Results of reads that no reply has shown yet."""
        return [
            call
            for call in self.calls.values()
            if call.effect == "read" and call.status == "executed" and call.id not in self.told
        ]

    @property
    def this_turn(self) -> Sequence[CallState]:
        """Calls that the running turn executed, in order."""
        return [call for call in self.calls.values() if call.turn == self.turn_start]

    @property
    def listing(self) -> Listing | None:
        """The newest list that a result showed."""
        for call in reversed(self.calls.values()):
            rows = list_of(call)
            if rows:
                return Listing(call.id, rows)
        return None

    def newest_object(self, member: str, value: Any) -> Mapping[str, Any] | None:
        """The newest object in a result whose member has this value (an offer by its id)."""
        for call in reversed(self.calls.values()):
            if call.status == "executed":
                for found in objects_with(call.result, member, value):
                    return found
        return None


def _goes_on(value: Any) -> Iterator[bool]:
    """For each cursor of a result or its ``meta``, whether there is a next page."""
    for holder in (value, value.get("meta")) if is_object(value) else ():
        if is_object(holder):
            yield from (bool(item) for name, item in holder.items() if name.endswith("cursor"))


def is_search(call: CallState) -> bool:
    """Whether a call brought a list, be it empty, as against a single thing that was looked up."""
    listed = call.result.get("data") if is_object(call.result) else None
    return call.status == "executed" and is_array(listed)


def list_of(call: CallState) -> list[Mapping[str, Any]]:
    """The rows of a search, as against a single thing that was looked up; [] for anything else."""
    return list(objects(call.result)) if is_search(call) else []


def unfinished_writes(state: State) -> list[CallState]:
    """Approved writes, in their order, that neither succeeded nor failed yet."""
    if state.granted is None:
        return []
    calls = [state.calls[call_id] for call_id in state.granted.call_ids]
    return [call for call in calls if call.status == "cleared"]


def objects_with(value: Any, member: str, wanted: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a JSON value whose member has the wanted value."""
    if is_object(value):
        if value.get(member) == wanted:
            yield value
        for item in value.values():
            yield from objects_with(item, member, wanted)
    elif is_array(value):
        for item in value:
            yield from objects_with(item, member, wanted)
