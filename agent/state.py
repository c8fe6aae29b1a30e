"""A conversation's state: a fold over its events, and nothing else.

`Fold.apply` is pure. Resuming a conversation, replaying it, auditing it and continuing it after a
crash are all the same fold over the same log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from agent.acts import RESULT_ENTITY
from agent.calls import Provenance, Rejection
from agent.clearance import signature
from agent.engines.base import Message
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    ConversationStarted,
    Event,
    Replied,
    UserMessage,
    WriteIntended,
)
from agent.evidence.bearing import borne_codes
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from agent.evidence.references import Listing, chosen, recognised
from agent.json_values import is_array, is_object
from agent.observation import objects, observe
from agent.prompt import decision_message, rejection_message, user_message
from tools.catalog import Catalog
from tools.outcome import Failure, Success
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


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the next act depends on.

    `position` is the number of events folded. `prompt` grows only at its end. `pending` is the
    approval that waits for a person, `asked` whether the last thing said was that question;
    `granted` is the approval whose writes are being executed.
    `intended` is the write that left without an answer yet, with its idempotency key. `turn_start`
    is the position of the event that opened the running turn. `unreported` are writes whose
    outcome no reply has told yet; `shown` says whether the newest message showed any value,
    `changed` whether it said a place or a coming day that nothing had said before; `told` are
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
        """Signatures that must not run again: reads of this turn, writes of all turns."""
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


class Fold:
    """Applies events to states, reading evidence from messages and results on the way."""

    def __init__(self, catalog: Catalog, reader: Reader) -> None:
        self._catalog = catalog
        self._reader = reader

    def replay(self, events: Iterable[Event]) -> State:
        """The state after a whole log."""
        state = State()
        for event in events:
            state = self.apply(state, event)
        return state

    def apply(self, state: State, event: Event) -> State:
        """The state after one more event."""
        position = state.position + 1
        match event:
            case UserMessage():
                state = self._user_message(state, event)
            case CallObserved():
                state = self._observed(state, event)
            case CallCleared() | CallRejected():
                state = _called(state, event)
            case ApprovalRequested() | ApprovalDecided() | ApprovalVoided():
                state = _approval(state, event)
            case ConversationStarted(sandbox=sandbox):
                state = replace(state, sandbox=sandbox)
            case ActProposed(text=text):
                state = _said(state, Message("assistant", text))
            case WriteIntended():
                state = replace(state, intended=event)
            case Replied():
                state = _replied(state, event)
            case _:
                pass
        return replace(state, position=position)

    def _user_message(self, state: State, event: UserMessage) -> State:
        now = datetime.fromisoformat(event.now)
        ref = f"m{state.messages + 1}"
        reading = self._reader.read_message(event.content, ref, now, state.evidence)
        said = UserText(ref, event.content)
        city_of = self._reader.city_of
        singled_out = chosen(reading.facts, state.evidence, state.listing, said, city_of)
        facts = (*reading.facts, *singled_out)
        return replace(
            _said(state, user_message(event.content, facts, now)),
            now=now,
            language=event.language,
            messages=state.messages + 1,
            evidence=state.evidence.plus(facts, said),
            reads_done=frozenset(),
            turn_start=state.position,
            shown=any(fact.source == "user" for fact in reading.facts),
            changed=_brings_news(reading.facts, state.evidence, now),
            repeated=frozenset(),
            # Whatever was said: a "yes" after it need not be the answer to the approval.
            asked=False,
        )

    def _observed(self, state: State, event: CallObserved) -> State:
        call = state.calls[event.call_id]
        tool = self._catalog.get(call.name)
        outcome = (
            Success(event.status, event.result)
            if event.ok
            else Failure(event.status, event.code, retryable=False, problem=event.result or {})
        )
        status: CallStatus = "executed" if event.ok else "failed"
        done = replace(
            call, status=status, result=event.result, code=event.code, turn=state.turn_start
        )
        state = _said(_with_call(state, done), Message("tool", observe(tool, call.id, outcome)))
        if call.effect == "write":
            state = replace(state, intended=None, unreported=(*state.unreported, call.id))
        if not event.ok:
            return state
        facts = [*self._reader.read_result(tool, event.result, call.id)]
        if call.effect == "read" and any(True for _ in objects(event.result)):
            facts.append(
                Fact("entity", call.id, "result", call.id, text=call.id, entity=RESULT_ENTITY)
            )
        evidence = state.evidence.plus((*facts, *borne_codes(event.result, facts)))
        if evidence.texts and (rows := list_of(done)):
            listing, said = Listing(call.id, rows), evidence.texts[-1]
            evidence = evidence.plus(recognised(listing, evidence, said, self._reader.city_of))
        name = signature(tool, call.arguments)
        return replace(
            state,
            evidence=evidence,
            reads_done=state.reads_done | ({name} if call.effect == "read" else set()),
            writes_done=state.writes_done | ({name} if call.effect == "write" else set()),
        )


def _brings_news(facts: Iterable[Fact], before: Evidence, now: datetime) -> bool:
    """Whether there is a place or a coming day among the facts that was not known before."""
    today = now.date().isoformat()
    return any(
        fact.source == "user"
        and (fact.kind == "place" or (fact.kind == "date" and str(fact.value) >= today))
        and all(fact.value != known.value for known in before.of_kind(fact.kind))
        for fact in facts
    )


def list_of(call: CallState) -> list[Mapping[str, Any]]:
    """The rows of a search, as against a single thing that was looked up; [] for anything else."""
    listed = call.result.get("data") if is_object(call.result) else None
    return list(objects(call.result)) if call.status == "executed" and is_array(listed) else []


def unfinished_writes(state: State) -> list[CallState]:
    """Approved writes, in their order, that neither succeeded nor failed yet."""
    if state.granted is None:
        return []
    calls = [state.calls[call_id] for call_id in state.granted.call_ids]
    return [call for call in calls if call.status == "cleared"]


def _said(state: State, message: Message) -> State:
    return replace(state, prompt=(*state.prompt, message))


def _with_call(state: State, call: CallState) -> State:
    return replace(state, calls={**state.calls, call.id: call})


def _called(state: State, event: CallCleared | CallRejected) -> State:
    if isinstance(event, CallCleared):
        call = CallState(
            event.call_id, event.name, event.arguments, event.effect, "cleared", event.provenance
        )
        return _with_call(state, call)
    call = CallState(
        event.call_id, event.name, event.arguments, "read", "rejected", rejections=event.rejections
    )
    message = rejection_message(event.call_id, event.name, event.rejections)
    duplicate = any(fault.code == "duplicate_call" for fault in event.rejections)
    again = frozenset({event.name} if duplicate else ())
    return replace(_said(_with_call(state, call), message), repeated=state.repeated | again)


def _approval(state: State, event: ApprovalRequested | ApprovalDecided | ApprovalVoided) -> State:
    if isinstance(event, ApprovalRequested):
        return replace(state, pending=event, asked=True, told=frozenset(state.calls))
    if isinstance(event, ApprovalVoided):
        told = tuple(i for i in state.unreported if state.calls[i].status != "failed")
        state = _said(state, Message("tool", f"approval void: {event.reason}"))
        return replace(state, pending=None, granted=None, unreported=told)
    return replace(
        _said(state, decision_message(event.decision)),
        pending=None,
        granted=state.pending if event.decision == "approve" else None,
        now=datetime.fromisoformat(event.now),
        reads_done=frozenset(),
        repeated=frozenset(),
        turn_start=state.position,
    )


def _replied(state: State, event: Replied) -> State:
    if event.act == IMPORTED:
        return _said(state, Message("assistant", event.text))
    # A write without an answer keeps its approval, so that it can still be followed up.
    granted = state.granted if state.intended else None
    asked = event.act == ASKED_AGAIN and state.pending is not None
    told = frozenset(state.calls)
    return replace(state, unreported=(), granted=granted, asked=asked, told=told)


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
