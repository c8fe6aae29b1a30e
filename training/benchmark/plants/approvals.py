"""Writes that ran without a person's approval of exactly their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from agent.approval import Quoted, digest
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallCleared,
    Event,
    WriteIntended,
)
from tools.spec import ToolSpec
from training.benchmark.plants.trace import Change, Trace
from training.benchmark.records import Fault

_WHY = "every write under the one approval runs without it"


@dataclass(frozen=True, slots=True)
class _Approval:
    """An approval that was given: its question, its answer, and the writes that ran under it."""

    asked: int
    decided: int
    request: ApprovalRequested
    decision: ApprovalDecided
    ran: tuple[str, ...]


def declined(trace: Trace, rng: Random) -> Change | None:
    """The person said no."""
    for one in _approvals(trace, rng):
        return _changed(trace, one, {one.decided: replace(one.decision, decision="decline")})
    return None


def another_digest(trace: Trace, rng: Random) -> Change | None:
    """What was asked was bound to something else."""
    for one in _approvals(trace, rng):
        other = replace(one.request, digest=one.request.digest[::-1])
        return _changed(trace, one, {one.asked: other})
    return None


def another_question(trace: Trace, rng: Random) -> Change | None:
    """The answer was to a question that is not the pending one."""
    for one in _approvals(trace, rng):
        return _changed(trace, one, {one.decided: replace(one.decision, approval_id="a0")})
    return None


def too_late(trace: Trace, rng: Random) -> Change | None:
    """The person said yes when the offer had run out; the digest binds the earlier expiry."""
    for one in _approvals(trace, rng):
        decided = datetime.fromisoformat(one.decision.now)
        expiry = (decided - timedelta(minutes=1)).isoformat()
        calls = [_cleared(trace, call_id)[1] for call_id in one.request.call_ids]
        writes = [Quoted(c.call_id, _tool(trace, c.name), c.arguments) for c in calls]
        bound = digest(writes, one.request.totals, expiry)
        return _changed(
            trace, one, {one.asked: replace(one.request, expires_at=expiry, digest=bound)}
        )
    return None


def changed_after(trace: Trace, rng: Random) -> Change | None:
    """What ran is not what was approved: an argument differs."""
    for one in _approvals(trace, rng):
        position, call = _cleared(trace, rng.choice(one.ran))
        texts = [name for name, value in call.arguments.items() if isinstance(value, str)]
        if texts:
            name = rng.choice(texts)
            other = {**call.arguments, name: f"{call.arguments[name]}x"}
            return _changed(trace, one, {position: replace(call, arguments=other)})
    return None


def _changed(trace: Trace, one: _Approval, events: dict[int, Event]) -> Change:
    return Change(events, tuple(_proposed(trace, call_id) for call_id in one.ran))


def _proposed(trace: Trace, call_id: str) -> Fault:
    """The fault of the newest proposal of a write, by its name and arguments."""
    position, call = _cleared(trace, call_id)
    for site in reversed(trace.sites):
        for number, candidate in enumerate(site.calls if site.position < position else ()):
            if (candidate.name, candidate.arguments) == (call.name, call.arguments):
                return site.fault("unapproved_write", number, "", _WHY)
    raise ValueError(f"no proposal of {call_id} stands in the trace")


def _approvals(trace: Trace, rng: Random) -> Iterator[_Approval]:
    found = list(_given(trace))
    yield from rng.sample(found, len(found))


def _given(trace: Trace) -> Iterator[_Approval]:
    ran = [e.call_id for e in trace.events if isinstance(e, WriteIntended)]
    requests = {
        event.approval_id: (position, event)
        for position, event in enumerate(trace.events)
        if isinstance(event, ApprovalRequested)
    }
    for position, event in enumerate(trace.events):
        if isinstance(event, ApprovalDecided) and event.decision == "approve":
            asked, request = requests[event.approval_id]
            writes = tuple(call_id for call_id in request.call_ids if call_id in ran)
            if writes:
                yield _Approval(asked, position, request, event, writes)


def _cleared(trace: Trace, call_id: str) -> tuple[int, CallCleared]:
    return next(
        (position, event)
        for position, event in enumerate(trace.events)
        if isinstance(event, CallCleared) and event.call_id == call_id
    )


def _tool(trace: Trace, name: str) -> ToolSpec:
    return trace.acts[name]
