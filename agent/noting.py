"""Verdicts on calls and outcomes of calls, as the events that note them."""

from __future__ import annotations

from agent.calls import Cleared, Rejected, Rejection
from agent.events import CallCleared, CallObserved, CallRejected
from tools.outcome import Failure, Outcome, Success, Unknown


def cleared_event(call: Cleared) -> CallCleared:
    """A call that clearance let through."""
    return CallCleared(call.id, call.tool.name, call.arguments, call.tool.effect, call.provenance)


def rejected_event(call: Rejected) -> CallRejected:
    """A call that clearance refused, with what was wrong."""
    return CallRejected(call.id, call.name, call.arguments, call.rejections)


def unpriced_event(write: Cleared) -> CallRejected:
    """A write that nobody can be asked to approve."""
    message = "its price cannot be read now, so nobody can be asked to approve it"
    fault = Rejection("unapproved_write", "", message)
    return CallRejected(write.id, write.tool.name, write.arguments, (fault,))


def not_sent(write: Rejected) -> Failure:
    """An approved write that is no longer cleared, told as the problem that it is."""
    fault = write.rejections[0]
    code = "offer_expired" if fault.code == "foreign_id" else fault.code
    problem = {"title": "Not sent", "detail": fault.message, "code": code}
    return Failure(0, code, retryable=False, problem=problem)


def observed_event(call_id: str, outcome: Outcome, *, read_back: bool = False) -> CallObserved:
    """What came of a call; a read-back counts as the answer of the write that it looked for."""
    match outcome:
        case Success(status=status, body=body):
            return CallObserved(call_id, ok=True, status=status, result=body, read_back=read_back)
        case Failure(status=status, code=code, problem=problem):
            answer = status, problem, code
        case Unknown(reason=reason):
            code = "unknown_outcome"
            answer = 0, {"title": "No answer", "detail": reason, "code": code}, code
    status, problem, code = answer
    return CallObserved(
        call_id, ok=False, status=status, result=problem, code=code, read_back=read_back
    )
