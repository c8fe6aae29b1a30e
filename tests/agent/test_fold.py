"""A conversation is a fold over its log: pure, the same live and replayed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.calls import Rejection
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
from agent.evidence.reader import Reader
from agent.fold import Fold
from agent.state import ASKED_AGAIN, IMPORTED, State, objects_with, unfinished_writes
from tests.agent.shop import DOCUMENT, NOW
from tools.catalog import Catalog
from tools.openapi import read_openapi

CATALOG = Catalog(read_openapi(DOCUMENT, api="shop").tools)
FOLD = Fold(CATALOG, Reader(CATALOG.specs))
LAMP = {"item_id": "it_aa", "name": "Lamp", "total": {"amount": "10.00", "currency": "EUR"}}
SAID = UserMessage("A lamp for tomorrow", NOW, "de")
FOUND = (
    CallCleared("c1", "find_items", {"on": "2026-11-23"}, "read", {}),
    CallObserved("c1", ok=True, status=200, result={"data": [LAMP]}),
)
BUY = CallCleared("c2", "buy_item", {"item_id": "it_aa", "contact_email": "a@b.cd"}, "write", {})
ASKED = ApprovalRequested("a1", "d", ("c2",), "Shall I?", None, {}, None)
YES = ApprovalDecided("a1", "approve", "2026-11-22T09:05:00+00:00")
SENT = WriteIntended("c2", "key")
BOUGHT = CallObserved("c2", ok=True, status=201, result={"order_id": "or_0"})
FAILED = CallObserved("c2", ok=False, status=409, result={"code": "sold_out"}, code="sold_out")
REPLY = Replied("present", {"result": "c1"}, "A lamp.", "de")


def fold(*events: Event) -> State:
    return FOLD.replay([ConversationStarted("w1", NOW), *events])


def test_a_log_is_folded_event_by_event_without_changing_what_came_before() -> None:
    log = [ConversationStarted("w1", NOW), SAID, *FOUND, BUY, ASKED, YES, SENT, BOUGHT, REPLY]
    states = [State()]
    for event in log:
        before = repr(states[-1])
        states.append(FOLD.apply(states[-1], event))
        assert repr(states[-2]) == before
    assert states[-1] == FOLD.replay(log)
    assert [state.position for state in states] == list(range(len(log) + 1))


def test_the_prompt_only_grows_at_its_end() -> None:
    log = [SAID, ActProposed("act"), *FOUND, BUY, ASKED, YES, SENT, FAILED, REPLY]
    state = State()
    for event in log:
        after = FOLD.apply(state, event)
        assert after.prompt[: len(state.prompt)] == state.prompt
        state = after


def test_world_clock_and_language_are_those_of_the_log() -> None:
    state = fold(SAID)
    assert (state.sandbox, state.language) == ("w1", "de")
    assert state.clock == datetime(2026, 11, 22, 9, tzinfo=UTC)
    with pytest.raises(ValueError, match="no message"):
        _ = fold().clock


def test_results_become_evidence_and_failures_do_not() -> None:
    ids = {fact.value for fact in fold(SAID, *FOUND).evidence.of_kind("entity")}
    assert {"it_aa", "c1"} <= ids
    failed = CallObserved("c1", ok=False, status=404, result={"item_id": "it_aa"}, code="x")
    assert fold(SAID, FOUND[0], failed).evidence.of_kind("entity") == ()


def test_a_read_may_be_repeated_in_the_next_turn_and_a_write_never() -> None:
    done = fold(SAID, *FOUND, BUY, ASKED, YES, SENT, BOUGHT)
    assert len(done.writes_done) == 1
    after = FOLD.apply(done, SAID)
    assert after.reads_done == frozenset()
    assert after.executed == done.writes_done


@pytest.mark.parametrize(
    ("status", "again"),
    [(422, False), (404, False), (429, True), (408, True), (409, True), (503, True)],
)
def test_a_read_that_the_api_refused_is_not_sent_again_as_it_was(status: int, again: bool) -> None:
    failed = CallObserved("c1", ok=False, status=status, result={}, code="x")
    state = fold(SAID, FOUND[0], failed)
    assert (state.executed == frozenset()) == again
    assert FOLD.apply(state, SAID).executed == frozenset()


class TestApproval:
    def test_is_pending_until_it_is_decided(self) -> None:
        assert fold(SAID, BUY, ASKED).pending == ASKED
        assert fold(SAID, BUY, ASKED, YES).pending is None
        assert fold(SAID, BUY, ASKED, YES).granted == ASKED

    def test_declined_or_void_grants_nothing(self) -> None:
        declined = ApprovalDecided("a1", "decline", NOW)
        for end in (declined, ApprovalVoided("a1", "expired")):
            state = fold(SAID, BUY, ASKED, end)
            assert (state.pending, state.granted) == (None, None)

    def test_is_what_was_asked_last_until_anything_else_is_said(self) -> None:
        assert fold(SAID, BUY, ASKED).asked
        assert not fold(SAID, BUY, ASKED, SAID).asked
        assert not fold(SAID, BUY, ASKED, SAID, REPLY).asked
        again = Replied(ASKED_AGAIN, {}, "Shall I?", "en")
        assert fold(SAID, BUY, ASKED, SAID, again).asked

    def test_moves_the_clock_to_the_decision(self) -> None:
        assert fold(SAID, BUY, ASKED, YES).clock == datetime(2026, 11, 22, 9, 5, tzinfo=UTC)


class TestWrites:
    def test_an_intent_stands_until_its_outcome_is_observed(self) -> None:
        assert fold(SAID, BUY, ASKED, YES, SENT).intended == SENT
        for outcome in (BOUGHT, FAILED):
            assert fold(SAID, BUY, ASKED, YES, SENT, outcome).intended is None

    def test_an_approved_write_is_unfinished_until_then(self) -> None:
        assert [w.id for w in unfinished_writes(fold(SAID, BUY, ASKED, YES, SENT))] == ["c2"]
        assert unfinished_writes(fold(SAID, BUY, ASKED, YES, SENT, FAILED)) == []
        assert unfinished_writes(fold(SAID, BUY, ASKED)) == []

    def test_a_write_without_an_answer_keeps_its_approval_across_replies(self) -> None:
        assert fold(SAID, BUY, ASKED, YES, SENT, REPLY).granted == ASKED
        assert fold(SAID, BUY, ASKED, YES, SENT, BOUGHT, REPLY).granted is None

    def test_an_outcome_is_unreported_until_a_reply(self) -> None:
        assert fold(SAID, BUY, ASKED, YES, SENT, BOUGHT).unreported == ("c2",)
        assert fold(SAID, BUY, ASKED, YES, SENT, BOUGHT, REPLY).unreported == ()


class TestCalls:
    def test_numbers_go_on_after_the_highest_whatever_was_dropped(self) -> None:
        assert fold(SAID).next_call == 1
        assert fold(SAID, *FOUND).next_call == 2
        rejected = CallRejected("c7", "find_items", {}, (Rejection("malformed", "", "x"),))
        assert fold(SAID, *FOUND, rejected).next_call == 8

    def test_a_rejection_is_told_to_the_model(self) -> None:
        rejected = CallRejected("c1", "fly", 5, (Rejection("unknown_tool", "", "no tool"),))
        state = fold(SAID, rejected)
        assert state.calls["c1"].status == "rejected"
        assert "unknown_tool" in state.prompt[-1].content

    def test_a_refused_act_gives_way_to_the_reason(self) -> None:
        acted = ActProposed('{"name":"fly","arguments":{}}\n{"name":"swim","arguments":{}}')
        fault = (Rejection("unknown_tool", "", "no tool"),)
        refused = (CallRejected("c1", "fly", {}, fault), CallRejected("c2", "swim", {}, fault))
        prompt = fold(SAID, acted, *refused).prompt
        assert [message.role for message in prompt] == ["user", "tool", "tool"]
        assert fold(SAID, acted).prompt[-1].content == acted.text

    def test_an_act_that_was_carried_out_stays_when_it_comes_to_nothing(self) -> None:
        acted = ActProposed('{"name":"find_items","arguments":{}}')
        unpriced = CallRejected("c1", "find_items", {}, (Rejection("unapproved_write", "", "x"),))
        prompt = fold(SAID, acted, *FOUND, unpriced).prompt
        assert [message.role for message in prompt] == ["user", "assistant", "tool", "tool"]

    def test_a_cleared_call_changes_no_prompt_before_it_is_observed(self) -> None:
        assert fold(SAID, FOUND[0]).prompt == fold(SAID).prompt

    def test_the_newest_list_is_what_an_ordinal_points_to(self) -> None:
        listing = fold(SAID, *FOUND).listing
        assert listing is not None
        assert list(listing.rows) == [LAMP]
        assert fold(SAID).listing is None

    def test_the_newest_object_of_an_id_is_found(self) -> None:
        cheaper = {**LAMP, "name": "Cheap lamp"}
        looked_up = (
            CallCleared("c2", "get_item", {"item_id": "it_aa"}, "read", {}),
            CallObserved("c2", ok=True, status=200, result=cheaper),
        )
        assert fold(SAID, *FOUND, *looked_up).newest_object("item_id", "it_aa") == cheaper
        assert fold(SAID, *FOUND).newest_object("item_id", "it_zz") is None


def test_history_that_was_imported_is_prompt_and_no_state() -> None:
    state = fold(SAID, Replied(IMPORTED, {}, "We spoke before.", "en"))
    assert state.prompt[-1] == Message("assistant", "We spoke before.")


@pytest.mark.parametrize(
    ("value", "count"),
    [({"id": 1}, 1), ([{"id": 1}, {"a": {"id": 1}}], 2), ({"id": 2}, 0), (None, 0), ("id", 0)],
)
def test_objects_are_found_at_any_depth(value: Any, count: int) -> None:
    assert len(list(objects_with(value, "id", 1))) == count
