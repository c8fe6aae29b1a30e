"""A turn as clients see it: a fold over the turn's events, in the contract's shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    PlanMade,
    Replied,
)

Json = dict[str, Any]


def turn_view(events: Sequence[Event], since: int) -> Json:
    """The turn made of the events from position `since` on, of a log given whole.

    ``{"reply": {"text", "language", "cards"}, "calls": […], "plan": […], "approval": …, "usage"}``
    as `CONTRACT` fixes it. Calls of earlier turns appear when this turn observed them: the write
    that an approval let through. A pending approval shows until it is decided or void.
    """
    calls: dict[str, Json] = {}
    earlier = [event for event in events[:since] if isinstance(event, CallCleared)]
    known = {event.call_id: call_view(event) for event in earlier}
    usage = dict.fromkeys(
        ("prompt_tokens", "cached_tokens", "completion_tokens", "forced_tokens"), 0
    )
    seconds = 0.0
    acts = 0
    plan: list[Json] = []
    reply: Json = {"text": "", "language": None, "cards": []}
    for event in events[since:]:
        match event:
            case ActProposed():
                acts += 1
                seconds += event.seconds
                for name in usage:
                    usage[name] += getattr(event, name)
            case PlanMade(steps=steps):
                plan += [asdict(step) for step in steps]
            case CallCleared(call_id=call_id):
                calls[call_id] = call_view(event)
            case CallRejected(call_id=call_id):
                effect = calls.get(call_id, {}).get("effect", "read")
                calls[call_id] = {**call_view(event), "effect": effect}
            case CallObserved(call_id=call_id):
                call = calls.setdefault(call_id, known.get(call_id, {"id": call_id}))
                observed(call, event)
            case Replied():
                reply = {"text": event.text, "language": event.language, "cards": [*event.cards]}
            case _:
                pass
    approval = pending_approval(events)
    if approval is not None:
        # A turn that ends by asking has no other reply than the question.
        reply["text"] = reply["text"] or approval.summary
    return {
        "reply": reply,
        "calls": list(calls.values()),
        "plan": plan,
        "approval": approval_view(approval) if approval else None,
        "usage": {**usage, "acts": acts, "model_seconds": round(seconds, 4)},
    }


def pending_approval(events: Sequence[Event]) -> ApprovalRequested | None:
    """The approval that waits for a person at the end of a log."""
    for event in reversed(events):
        match event:
            case ApprovalDecided() | ApprovalVoided():
                return None
            case ApprovalRequested():
                return event
            case _:
                continue
    return None


def call_view(event: CallCleared | CallRejected) -> Json:
    """One call in the contract's shape, before it was observed."""
    if isinstance(event, CallRejected):
        return {
            "id": event.call_id,
            "name": event.name,
            "arguments": event.arguments,
            "effect": "read",
            "status": "rejected",
            "provenance": {},
            "rejections": [asdict(fault) for fault in event.rejections],
        }
    return {
        "id": event.call_id,
        "name": event.name,
        "arguments": dict(event.arguments),
        "effect": event.effect,
        "status": "awaiting_approval",
        "provenance": {at: asdict(origin) for at, origin in event.provenance.items()},
        "rejections": [],
    }


def observed(call: Json, event: CallObserved) -> None:
    """Complete a call with what the API answered; `result` is the whole response body."""
    call["status"] = "executed" if event.ok else "failed"
    call["result"] = event.result
    if event.read_back:
        call["read_back"] = True


def approval_view(event: ApprovalRequested) -> Json:
    """An approval in the contract's shape."""
    return {
        "id": event.approval_id,
        "digest": event.digest,
        "summary": event.summary,
        "total": asdict(event.total) if event.total else None,
        "totals": [asdict(total) for total in event.totals],
        "terms": dict(event.terms),
        "expires_at": event.expires_at,
        "calls": list(event.call_ids),
    }
