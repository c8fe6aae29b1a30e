"""The fold of a conversation's events into its state.

`Fold.apply` is pure. Resuming a conversation, replaying it, auditing it and continuing it after a
crash are all the same fold over the same log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agent.acts import RESULT_ENTITY
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
from agent.evidence.bearing import absent, borne_codes
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from agent.evidence.references import Listing, chosen, recognised
from agent.observation import objects, observe
from agent.prompt import decision_message, rejection_message, user_message
from agent.refusals import without_refused_act
from agent.state import ASKED_AGAIN, IMPORTED, CallState, CallStatus, State, list_of
from tools.catalog import Catalog
from tools.outcome import Failure, Success

_PASSING = frozenset({408, 409, 425, 429})
"""Client errors that may pass: RFC 9110 sections 15.5.9 and 15.5.10, RFC 8470, RFC 6585."""


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
        if listing := state.listing:
            shown, text = state.evidence, event.content
            elsewhere = absent(listing.call_id, shown, reading.facts, text, city_of)
            facts = (*facts, *elsewhere)
        return replace(
            _said(state, user_message(event.content, facts, now)),
            now=now,
            language=event.language,
            messages=state.messages + 1,
            evidence=state.evidence.plus(facts, said),
            reads_done=frozenset(),
            turn_start=state.position,
            shown=_shows_a_wish(reading.facts, state, now),
            asks=reading.asks,
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
        name = signature(tool, call.arguments)
        if call.effect == "write":
            state = replace(state, intended=None, unreported=(*state.unreported, call.id))
        elif event.ok or _is_final(event.status):
            state = replace(state, reads_done=state.reads_done | {name})
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
            city_of = self._reader.city_of
            read = [fact for fact in evidence.facts if fact.message == said.ref]
            meant = recognised(listing, evidence, said, city_of)
            elsewhere = absent(call.id, evidence, read, said.text, city_of)
            evidence = evidence.plus((*meant, *elsewhere))
        return replace(
            state,
            evidence=evidence,
            writes_done=state.writes_done | ({name} if call.effect == "write" else set()),
        )


def _is_final(status: int) -> bool:
    """Whether a read that failed so would fail again, sent as it was."""
    return 400 <= status < 500 and status not in _PASSING


def _shows_a_wish(facts: Iterable[Fact], before: State, now: datetime) -> bool:
    """Whether a message says any value; "that's all for today", in the end, says none."""
    near = {(now.date() + timedelta(days=days)).isoformat() for days in (0, 1)}
    said = [fact for fact in facts if fact.source == "user"]
    parting = bool(before.calls) and all(
        fact.kind == "date" and fact.value in near for fact in said
    )
    return bool(said) and not parting


def _brings_news(facts: Sequence[Fact], before: Evidence, now: datetime) -> bool:
    """Whether there is a place or a coming day among the facts that was not known before.

    Charlotte Brown is no place where anybody wants to go.
    """
    today = now.date().isoformat()
    names = [fact.span for fact in facts if fact.kind == "name"]
    return any(
        fact.source == "user"
        and (fact.kind == "place" or (fact.kind == "date" and str(fact.value) >= today))
        and not any(first <= fact.span[0] and fact.span[1] <= last for first, last in names)
        and all(fact.value != known.value for known in before.of_kind(fact.kind))
        for fact in facts
    )


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
    state = replace(_with_call(state, call), prompt=without_refused_act(state.prompt))
    return replace(_said(state, message), repeated=state.repeated | again)


def _approval(state: State, event: ApprovalRequested | ApprovalDecided | ApprovalVoided) -> State:
    if isinstance(event, ApprovalRequested):
        # The question told what became of writes before it.
        told = frozenset(state.calls)
        return replace(state, pending=event, asked=True, told=told, unreported=())
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
