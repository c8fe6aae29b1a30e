"""What failed is told apart: what to mend, to go round, to send again, and what ends the search."""

from __future__ import annotations

from typing import Any

import pytest

from agent.calls import Rejection
from agent.events import CallObserved, CallRejected, Replied
from training.annotate.verdicts import troubles


def answered(status: int, code: str, call: str = "c1", **problem: Any) -> CallObserved:
    return CallObserved(call, ok=False, status=status, result={"code": code, **problem}, code=code)


def rejected(code: Any) -> CallRejected:
    return CallRejected("c1", "search_flights", {}, (Rejection(code, "", "why"),))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (rejected("ungrounded_value"), "mend"),
        (answered(422, "validation_failed", retryable=False), "mend"),
        (answered(400, "bad_request"), "mend"),
        (answered(404, "not_found", retryable=False), "back_up"),
        (answered(409, "sold_out", retryable=False), "back_up"),
        (answered(0, "unknown_outcome"), "back_up"),
        (answered(503, "unavailable", retryable=True), "retry"),
        (answered(429, "rate_limited", retryable=True), "retry"),
        (answered(401, "unauthorized"), "stop"),
        (answered(0, "unreachable", retryable=True), "stop"),
    ],
)
def test_each_failure_has_its_consequence(event: CallObserved | CallRejected, kind: str):
    (found,) = troubles([event], frozenset())
    assert found.kind == kind


def test_what_succeeded_and_what_was_said_is_no_trouble():
    events = [CallObserved("c1", ok=True, status=200, result={}), Replied("finish", {}, "", "en")]
    assert troubles(events, frozenset()) == ()


def test_the_gravest_comes_first():
    events = [answered(503, "unavailable", retryable=True), answered(404, "not_found", "c2")]
    assert [one.code for one in troubles(events, frozenset())] == ["not_found", "unavailable"]


def test_a_write_that_is_turned_down_for_its_unread_price_waits_for_the_price():
    events = [answered(503, "unavailable", retryable=True), rejected("unapproved_write")]
    assert [one.kind for one in troubles(events, frozenset())] == ["retry"]


def test_a_failing_write_and_a_world_that_moved_are_marked():
    gone = answered(410, "offer_expired", "c2")
    (found,) = troubles([gone], frozenset({"c2"}))
    assert (found.write, found.moved) == (True, True)
    (found,) = troubles([answered(404, "not_found")], frozenset({"c2"}))
    assert (found.write, found.moved) == (False, False)
