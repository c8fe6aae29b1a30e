from typing import Any

import pytest

from agent.calls import Provenance, Rejection
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
    Money,
    PlanMade,
    PlanStep,
    Replied,
    TurnEnded,
    UserMessage,
)
from agent.view import pending_approval, turn_view

STARTED = ConversationStarted("default", "2026-11-22T09:00:00+00:00")
SAID = UserMessage("buy", "2026-11-22T09:00:00+00:00", "en")
READ = CallCleared("c1", "find", {"on": "x"}, "read", {"/on": Provenance("user", "m1:0-1")})
WRITE = CallCleared("c2", "buy", {"id": "a"}, "write", {"/id": Provenance("result", "c1/data/0")})
FAULT = Rejection("ungrounded_value", "/on", "nothing gives it")
ASKED = ApprovalRequested(
    "a1", "digest", ("c2",), "Shall I?", Money("1.00", "EUR"), {"refundable": False},
    "2026-11-22T09:30:00+00:00", (Money("1.00", "EUR"),),
)  # fmt: skip
YES = ApprovalDecided("a1", "approve", "2026-11-22T09:01:00+00:00")


def view(*events: Event, since: int = 0) -> dict[str, Any]:
    return turn_view(events, since)


def test_a_turn_without_events_is_whole() -> None:
    assert view(STARTED, since=1) == {
        "reply": {"text": "", "language": None, "cards": []},
        "calls": [],
        "plan": [],
        "approval": None,
        "usage": {
            "prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0, "forced_tokens": 0,
            "acts": 0, "model_seconds": 0.0,
        },
    }  # fmt: skip


def test_an_executed_call_carries_its_provenance_and_the_whole_result() -> None:
    (call,) = view(SAID, READ, CallObserved("c1", ok=True, status=200, result={"data": [1]}))[
        "calls"
    ]
    assert call == {
        "id": "c1", "name": "find", "arguments": {"on": "x"}, "effect": "read",
        "status": "executed", "provenance": {"/on": {"source": "user", "ref": "m1:0-1"}},
        "rejections": [], "result": {"data": [1]},
    }  # fmt: skip


def test_a_failed_call_carries_its_problem() -> None:
    (call,) = view(
        READ, CallObserved("c1", ok=False, status=409, result={"code": "sold_out"}, code="sold_out")
    )["calls"]
    assert (call["status"], call["result"]) == ("failed", {"code": "sold_out"})


def test_what_was_learnt_by_reading_back_says_so() -> None:
    (call,) = view(WRITE, CallObserved("c2", ok=True, status=201, result={}, read_back=True))[
        "calls"
    ]
    assert call["read_back"]


def test_a_rejected_call_says_why() -> None:
    (call,) = view(CallRejected("c1", "find", {"on": 1}, (FAULT,)))["calls"]
    assert call["status"] == "rejected"
    assert call["rejections"] == [
        {"code": "ungrounded_value", "pointer": "/on", "message": "nothing gives it"}
    ]


def test_a_write_that_is_refused_after_it_was_cleared_is_still_a_write() -> None:
    (call,) = view(WRITE, CallRejected("c2", "buy", {"id": "a"}, (FAULT,)))["calls"]
    assert (call["effect"], call["status"]) == ("write", "rejected")


class TestApproval:
    def test_a_turn_that_asks_replies_with_the_question(self) -> None:
        turn = view(SAID, WRITE, ASKED, TurnEnded("awaiting_approval"))
        assert turn["calls"][0]["status"] == "awaiting_approval"
        assert turn["reply"]["text"] == "Shall I?"
        assert turn["approval"] == {
            "id": "a1", "digest": "digest", "summary": "Shall I?", "calls": ["c2"],
            "total": {"amount": "1.00", "currency": "EUR"},
            "totals": [{"amount": "1.00", "currency": "EUR"}],
            "terms": {"refundable": False}, "expires_at": "2026-11-22T09:30:00+00:00",
        }  # fmt: skip

    def test_shows_in_every_turn_until_it_is_decided(self) -> None:
        turn = view(WRITE, ASKED, SAID, Replied("answer", {}, "It is a lamp.", "en"), since=2)
        assert turn["approval"]["id"] == "a1"
        assert turn["reply"]["text"] == "It is a lamp."

    @pytest.mark.parametrize("end", [YES, ApprovalVoided("a1", "expired")])
    def test_is_gone_once_decided_or_void(self, end: Event) -> None:
        assert pending_approval([ASKED, end]) is None
        assert pending_approval([ASKED, end, ASKED]) is ASKED

    def test_the_turn_of_the_decision_shows_the_write_of_the_turn_before(self) -> None:
        turn = view(
            WRITE, ASKED, YES, CallObserved("c2", ok=True, status=201, result={"order": 1}), since=2
        )
        (call,) = turn["calls"]
        assert (call["name"], call["status"], call["effect"]) == ("buy", "executed", "write")
        assert turn["approval"] is None


def test_only_events_of_the_turn_count() -> None:
    turn = view(
        ActProposed("x", 10), READ, Replied("present", {}, "old", "en"),
        ActProposed("y", 7, 6, 5, 4, 0.5), ActProposed("z", 1, 1, 1, 1, 0.25),
        PlanMade((PlanStep("c3", "see", "read"),)), since=3,
    )  # fmt: skip
    assert turn["calls"] == []
    assert turn["reply"]["text"] == ""
    assert turn["plan"] == [{"id": "c3", "name": "see", "effect": "read"}]
    assert turn["usage"] == {
        "prompt_tokens": 8, "cached_tokens": 7, "completion_tokens": 6, "forced_tokens": 5,
        "acts": 2, "model_seconds": 0.75,
    }  # fmt: skip
