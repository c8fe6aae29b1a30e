"""What grounded decoding leaves out: acts that would lead nowhere in the state as it is."""

from __future__ import annotations

import pytest

from agent.events import CallCleared, CallObserved, Event, UserMessage
from agent.limits import limits_of
from tests.agent.shop import NOW
from tests.agent.test_fold import (
    ASKED,
    BOUGHT,
    BUY,
    FAILED,
    FOUND,
    REPLY,
    SAID,
    SENT,
    YES,
    fold,
)

SEARCHED_AGAIN = (
    CallCleared("c3", "find_items", {"on": "2026-12-24"}, "read", {}),
    CallObserved("c3", ok=True, status=200, result={"data": []}),
)


def says(text: str) -> UserMessage:
    return UserMessage(text, NOW, "en")


def pointless(*events: Event) -> frozenset[str]:
    return limits_of(fold(*events)).pointless


def test_closing_waits_until_a_result_was_shown() -> None:
    assert "finish" in pointless(SAID, *FOUND)
    assert "finish" not in pointless(SAID, *FOUND, REPLY, says("thanks"))


def test_closing_waits_while_a_wish_with_values_stands_open() -> None:
    assert "finish" in pointless(says("a lamp on 24 December"))
    assert "finish" not in pointless(SAID, *FOUND, BUY, ASKED, YES, SENT, BOUGHT)


def test_a_result_is_shown_once() -> None:
    assert "present" not in pointless(SAID, *FOUND)
    assert "present" in pointless(SAID, *FOUND, REPLY, says("and now?"))


@pytest.mark.parametrize(("arguments", "seen"), [({}, True), ({"on": "2026-11-23"}, False)])
def test_what_was_asked_for_whole_is_not_read_again_in_this_turn(
    arguments: dict[str, str], seen: bool
) -> None:
    listed = CallCleared("c1", "find_items", arguments, "read", {})
    assert ("find_items" in pointless(SAID, listed, FOUND[1])) is seen
    assert "find_items" not in pointless(SAID, listed, FOUND[1], REPLY, says("once more"))


def test_a_list_with_a_next_page_may_be_read_on_and_one_that_failed_is_left() -> None:
    listed = CallCleared("c1", "list_orders", {}, "read", {})
    page = {"data": [], "meta": {"next_cursor": "cur_2"}}
    first = CallObserved("c1", ok=True, status=200, result=page)
    assert "list_orders" not in pointless(SAID, listed, first)
    failed = CallObserved("c1", ok=False, status=503, result={}, code="unavailable")
    assert "list_orders" in pointless(SAID, listed, failed)
    assert limits_of(fold(SAID, listed, failed)).looked == frozenset()


def test_a_parting_word_with_a_day_shows_no_wish() -> None:
    assert "finish" not in pointless(SAID, *FOUND, REPLY, says("thanks, that's all for today"))
    assert "finish" in pointless(SAID, *FOUND, REPLY, says("and one for 24 December"))
    assert "finish" in pointless(says("anything for today?"))


class TestAWishThatChangesInsteadOfADecision:
    OPEN = (SAID, *FOUND, BUY, ASKED)

    def test_is_looked_up_before_anything_is_proposed_or_told(self) -> None:
        left_out = pointless(*self.OPEN, says("rather on 24 December"))
        assert {"buy_item", "answer"} <= left_out
        assert "find_items" not in left_out

    def test_may_be_proposed_once_it_was_looked_up(self) -> None:
        events = (*self.OPEN, says("rather on 24 December"), *SEARCHED_AGAIN)
        assert not {"buy_item", "answer"} & pointless(*events)

    @pytest.mark.parametrize(
        "said",
        [
            "send it to bob@example.com",
            "for tomorrow, I said",
            "I was born on 3 May 1990",
            "wait, I was born on 13 May",
            "no, the passenger is Charlotte Brown",
            "why?",
        ],
    )
    def test_is_none_without_another_coming_day_or_place(self, said: str) -> None:
        assert "buy_item" not in pointless(*self.OPEN, says(said))

    def test_is_none_where_nothing_waits_for_a_decision(self) -> None:
        assert "buy_item" not in pointless(SAID, *FOUND, REPLY, says("rather on 24 December"))


def test_an_id_that_a_write_has_used_up_is_spent() -> None:
    limits = limits_of(fold(SAID, *FOUND, BUY, ASKED, YES, SENT, BOUGHT))
    assert ("buy_item", "it_aa") in limits.spent
    assert not limits_of(fold(SAID, *FOUND, BUY, ASKED)).spent


def test_what_a_write_found_gone_is_spent_until_it_is_shown_again() -> None:
    sold_out = (SAID, *FOUND, BUY, ASKED, YES, SENT, FAILED)
    assert ("buy_item", "it_aa") in limits_of(fold(*sold_out)).spent
    again = (
        CallCleared("c3", "find_items", {"on": "2026-11-23"}, "read", {}),
        CallObserved("c3", ok=True, status=200, result=FOUND[1].result),
    )
    assert ("buy_item", "it_aa") not in limits_of(fold(*sold_out, *again)).spent


@pytest.mark.parametrize(
    ("said", "untold"),
    [
        ("cancel my order", {"c1"}),
        ("what does it cost?", set()),
        ("tell me how much that is", set()),
        ("sag mir, wie teuer das wird", set()),
        ("ne kadar olduğunu söyle", set()),
    ],
)
def test_who_asks_nothing_need_not_be_told(said: str, untold: set[str]) -> None:
    assert limits_of(fold(says(said), *FOUND)).untold == untold


def test_tools_that_answered_in_the_running_turn_are_known() -> None:
    assert limits_of(fold(SAID, *SEARCHED_AGAIN)).looked == {"find_items"}
    assert limits_of(fold(SAID, *SEARCHED_AGAIN, REPLY, says("so?"))).looked == frozenset()


class TestASearchThatIsOnlyRefined:
    SHOWN = (SAID, *FOUND, REPLY)

    @pytest.mark.parametrize("said", ["anything cheaper?", "den billigsten", "with wifi"])
    def test_keeps_its_days_and_its_people(self, said: str) -> None:
        assert limits_of(fold(*self.SHOWN, says(said))).kept == {"find_items": {"on": "2026-11-23"}}

    @pytest.mark.parametrize(
        "said",
        [
            "and on 24 December?",
            "for three people",
            "in Porto instead",
            "for two nights",
            "Tom Berg comes along",
            "and the way back?",
            "y la vuelta?",
        ],
    )
    def test_is_another_one_where_anything_of_that_is_said(self, said: str) -> None:
        assert limits_of(fold(*self.SHOWN, says(said))).kept == {}

    def test_keeps_nothing_in_the_turn_that_searched(self) -> None:
        assert limits_of(fold(*self.SHOWN, says("cheaper?"), *SEARCHED_AGAIN)).kept == {}
        assert limits_of(fold(SAID, *FOUND)).kept == {}
        assert limits_of(fold(SAID)).kept == {}
