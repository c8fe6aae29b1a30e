"""Replies rendered from what happened, over the shop's document."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.approval import Quoted, approval_request
from agent.evidence.bearing import CODE
from agent.evidence.facts import Evidence, Fact, UserText
from agent.reply import unbacked
from agent.speak import MAX_SHOWN, Speaker
from agent.state import CallState, State
from tests.agent.shop import DOCUMENT
from tools.catalog import Catalog
from tools.mock.core.app import Settings
from tools.mock.flights.api import create_flights_app
from tools.openapi import read_openapi

CATALOG = Catalog(read_openapi(DOCUMENT, api="shop").tools)
SPEAKER = Speaker(CATALOG)
LAMP = {"item_id": "it_aa", "name": "Lamp", "total": {"amount": "10.00", "currency": "EUR"}}
ORDER = {"order_id": "or_0", "item_id": "it_aa", "total": LAMP["total"]}
SOLD_OUT = {"code": "sold_out", "title": "Sold out"}


def call(number: int, name: str, result: Any, **more: Any) -> CallState:
    effect: Any = "write" if name == "buy_item" else "read"
    return CallState(f"c{number}", name, {}, effect, more.pop("status", "executed"),
                     result=result, **more)  # fmt: skip


def state(*calls: CallState, **more: Any) -> State:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    return State(now=now, calls={one.id: one for one in calls}, **more)


def listing(count: int) -> CallState:
    rows = [{**LAMP, "item_id": f"it_{n}", "name": f"Lamp {n}"} for n in range(count)]
    return call(1, "find_items", {"data": rows})


class TestPresent:
    def test_shows_some_says_how_many_there_are_and_gives_cards_for_those(self) -> None:
        reply = SPEAKER.reply(state(listing(8)), "present", {"result": "c1"})
        assert len(reply.cards) == MAX_SHOWN
        assert "Lamp 4" in reply.text
        assert "Lamp 5" not in reply.text
        assert "5 of 8" in reply.text

    def test_an_empty_list_is_said_to_be_empty(self) -> None:
        reply = SPEAKER.reply(state(listing(0)), "present", {"result": "c1"})
        assert reply.text == SPEAKER.renderer("en").nothing_found()

    def test_shows_the_other_searches_of_the_turn_beside_it(self) -> None:
        one = replace(listing(1), turn=0)
        other = replace(one, id="c2", result={"data": [{**LAMP, "name": "Chair"}]})
        reply = SPEAKER.reply(state(one, other), "present", {"result": "c1"})
        assert "Lamp 0" in reply.text
        assert "Chair" in reply.text


class TestAnswer:
    def test_is_about_the_newest_thing_of_that_id(self) -> None:
        cheaper = {**LAMP, "total": {"amount": "9.00", "currency": "EUR"}}
        talk = state(call(1, "get_item", LAMP), call(2, "get_item", cheaper))
        reply = SPEAKER.reply(talk, "answer", {"about": "it_aa"})
        assert "€9" in reply.text
        assert [card["data"] for card in reply.cards] == [cheaper]

    def test_finds_what_stands_inside_another_thing(self) -> None:
        nested = {**LAMP, "parts": [{"part_id": "pa_1"}]}
        reply = SPEAKER.reply(state(call(1, "get_item", nested)), "answer", {"about": "pa_1"})
        assert "Lamp" in reply.text

    def test_about_a_result_shows_the_result(self) -> None:
        reply = SPEAKER.reply(state(listing(2)), "answer", {"about": "c1"})
        assert "Lamp 1" in reply.text

    def test_knows_nothing_of_calls_that_failed(self) -> None:
        failed = call(1, "get_item", LAMP, status="failed")
        reply = SPEAKER.reply(state(failed), "answer", {"about": "it_aa"})
        assert reply.cards == ()


class TestOutcomes:
    def test_every_reply_first_tells_what_became_of_writes(self) -> None:
        talk = state(call(1, "buy_item", ORDER), unreported=("c1",))
        reply = SPEAKER.reply(talk, "finish", {"topic": "done"})
        assert reply.text.index("or_0") < reply.text.index(SPEAKER.renderer("en").finish())
        assert [card["data"] for card in reply.cards] == [ORDER]

    def test_what_was_told_once_is_not_told_again(self) -> None:
        reply = SPEAKER.reply(state(call(1, "buy_item", ORDER)), "finish", {"topic": "done"})
        assert "or_0" not in reply.text

    def test_a_half_done_plan_tells_what_stands_and_what_failed(self) -> None:
        talk = state(
            call(1, "buy_item", ORDER),
            call(2, "buy_item", SOLD_OUT, status="failed"),
            unreported=("c1", "c2"),
        )
        reply = SPEAKER.spoken(talk, "failed", {}, "")
        assert "or_0" in reply.text
        assert "sold out" in reply.text

    def test_a_write_without_a_body_is_told_as_done(self) -> None:
        talk = state(call(1, "buy_item", None), unreported=("c1",))
        assert SPEAKER.spoken(talk, "done", {}, "").text == "Done."


class TestApproval:
    def test_the_question_holds_what_how_much_and_until_when(self) -> None:
        text = SPEAKER.approval(state(), [self._write()], None)
        assert "Lamp" in text
        assert "€10" in text
        assert "ada@example.com" in text

    def test_a_price_that_moved_is_told_with_both_prices(self) -> None:
        failed = call(1, "buy_item", SOLD_OUT, status="failed")
        before = approval_request("a1", [self._write()], "")
        text = SPEAKER.approval(state(failed), [self._write("12.50")], before)
        assert "from €10.00 to €12.50" in text

    def test_tells_first_what_became_of_the_write_before(self) -> None:
        talk = state(call(1, "buy_item", LAMP), unreported=("c1",))
        alone = SPEAKER.approval(state(), [self._write()], None)
        done = SPEAKER.spoken(talk, "finish", {}, "").text
        assert SPEAKER.approval(talk, [self._write()], None) == f"{done}\n{alone}"

    def _write(self, amount: str = "10.00") -> Quoted:
        item = {**LAMP, "total": {"amount": amount, "currency": "EUR"}}
        arguments = {"item_id": "it_aa", "contact_email": "ada@example.com"}
        return Quoted("c1", CATALOG.get("buy_item"), arguments, item)


@pytest.mark.parametrize("language", ["en", "tr", "de", "es"])
@pytest.mark.parametrize(
    ("act", "arguments"),
    [("ask_user", {"about": ["on"]}), ("decline", {"reason": "unsafe"}),
     ("finish", {"topic": "greeting"}), ("finish", {"topic": "thanks"})],
)  # fmt: skip
def test_every_reply_is_said_in_the_language_of_the_conversation(
    language: str, act: str, arguments: Any
) -> None:
    reply = SPEAKER.reply(state(language=language), act, arguments)
    assert reply.language == language
    english = SPEAKER.reply(state(), act, arguments)
    assert (reply.text == english.text) is (language == "en")


class TestCodesThatNoBookingBears:
    CODE = Fact("text", "ABC123", "user", "m1:7-13", "ABC123", vocabulary=CODE)
    EVIDENCE = Evidence().plus([CODE], UserText("m1", "cancel ABC123"))

    @pytest.mark.parametrize("language", ["en", "tr", "de", "es"])
    def test_are_said_to_be_unfound_once_every_list_was_read(self, language: str) -> None:
        looked = state(self.orders(), evidence=self.EVIDENCE, language=language)
        reply = SPEAKER.reply(looked, "decline", {"reason": "not_possible"})
        assert "ABC123" in reply.text.split("\n")[0]

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "failed", "result": {"title": "Unavailable", "status": 503}},
            {"result": {"data": [], "meta": {"next_cursor": "cur_2"}}},
            {"arguments": {"status": "cancelled"}},
        ],
    )
    def test_are_not_given_up_where_a_list_was_not_read_whole(self, changes: Any) -> None:
        looked = state(replace(self.orders(), **changes), evidence=self.EVIDENCE)
        reply = SPEAKER.reply(looked, "decline", {"reason": "not_possible"})
        assert "ABC123" not in reply.text

    def test_are_not_spoken_of_where_there_are_no_lists(self) -> None:
        speaker = Speaker(Catalog([tool for tool in CATALOG.specs if tool.name != "list_orders"]))
        talk = state(call(1, "get_item", LAMP, turn=0), evidence=self.EVIDENCE)
        assert "ABC123" not in speaker.reply(talk, "answer", {"about": "it_aa"}).text

    def orders(self) -> CallState:
        return call(1, "list_orders", {"data": [], "meta": {"next_cursor": None}}, turn=0)

    def test_are_not_spoken_of_after_a_search_for_something_else(self) -> None:
        searched = replace(listing(2), turn=0, arguments={"on": "2026-11-23"})
        reply = SPEAKER.reply(state(searched, evidence=self.EVIDENCE), "present", {"result": "c1"})
        assert "ABC123" not in reply.text

    def test_are_not_spoken_of_before(self) -> None:
        reply = SPEAKER.reply(state(evidence=self.EVIDENCE), "decline", {"reason": "not_possible"})
        assert "ABC123" not in reply.text


def test_questions_come_in_the_order_in_which_a_person_tells() -> None:
    catalog = Catalog(read_openapi(create_flights_app(Settings()).openapi(), api="flights").tools)
    about = ["born_on", "contact_email", "family_name", "given_name"]
    speaker = Speaker(catalog)
    asked = speaker.reply(state(), "ask_user", {"about": about}).text.split("\n")
    told = ["given_name", "family_name", "born_on", "contact_email"]
    assert asked == speaker.renderer("en").ask(told).split("\n")
    assert len(asked) == len(told)


async def test_an_approval_to_cancel_says_which_booking() -> None:
    catalog = Catalog(read_openapi(create_flights_app(Settings()).openapi(), api="flights").tools)
    order = {
        "order_id": "ord_1",
        "booking_reference": "R6M5SA",
        "status": "confirmed",
        "slices": [],
        "total": {"amount": "56.64", "currency": "EUR"},
    }
    quote = {"cancellation_id": "cxl_1", "order_id": "ord_1", "refund": order["total"]}
    known = state(call(1, "get_flight_order", order), call(2, "quote_flight_cancellation", quote))
    write = Quoted(
        "c3", catalog.get("confirm_flight_cancellation"), {"cancellation_id": "cxl_1"}, quote
    )
    asked = Speaker(catalog).approval(known, [write], None)
    assert "R6M5SA" in asked
    assert asked.count("€56.64") >= 1
    assert asked.count("Refund") == 1


@pytest.mark.parametrize("language", ["en", "tr", "de", "es"])
def test_help_says_more_than_a_greeting_and_claims_nothing(language: str) -> None:
    said = {
        topic: SPEAKER.reply(state(language=language), "finish", {"topic": topic}).text
        for topic in ("greeting", "help", "thanks")
    }
    assert len({*said.values()}) == 3
    assert not unbacked(said["help"], [])
