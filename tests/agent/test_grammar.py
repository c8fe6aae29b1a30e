import random
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.acts import MAX_CALLS, parse_act, reply_acts
from agent.calls import Cleared
from agent.clearance import Policy, clear, signature
from agent.evidence.bearing import CODE
from agent.evidence.candidates import CHOSEN
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from agent.grammar import ActGrammar
from agent.limits import Limits
from tests.agent.booking import (
    BOOK,
    NOW,
    PERSON,
    PING,
    SEARCH,
    TOOLS,
    TRIP,
    offer,
    rule,
    said,
    tool,
    user,
)
from tests.agent.walk import accepts, compiles, random_act
from tools.mock.core.app import Settings
from tools.mock.flights.api import create_flights_app
from tools.mock.hotels.api import create_hotels_app
from tools.openapi import read_openapi

ACTS = (*TOOLS, *reply_acts(TOOLS))
STAYS = tuple(read_openapi(create_hotels_app(Settings()).openapi(), api="hotels").tools)
REAL = tuple(read_openapi(create_flights_app(Settings()).openapi(), api="flights").tools)


def act(name: str, **arguments: Any) -> str:
    return orjson.dumps({"name": name, "arguments": arguments}).decode()


def grounded(evidence: Evidence) -> str:
    lark = ActGrammar(ACTS).lark(evidence, NOW, "grounded")
    assert lark is not None
    return lark


def test_free_has_no_grammar() -> None:
    assert ActGrammar(ACTS).lark(Evidence(), NOW, "free") is None


@pytest.mark.parametrize("mode", ["schema", "grounded"])
@pytest.mark.parametrize("evidence", [Evidence(), said(*TRIP, *PERSON, offer("off_a"))])
def test_llguidance_compiles_it(mode: Any, evidence: Evidence) -> None:
    lark = ActGrammar(ACTS).lark(evidence, NOW, mode)
    assert lark is not None
    assert compiles(lark) == ""


def test_schema_mode_stops_invented_tools_and_parameters_but_not_values() -> None:
    lark = ActGrammar(ACTS).lark(Evidence(), NOW, "schema")
    assert lark is not None
    search = {"origin": "XXX", "destination": "YYY", "departure_date": "1999-01-01"}
    assert accepts(lark, act("search_flights", **search))
    assert not accepts(lark, act("search_trains", **search))
    assert not accepts(lark, act("search_flights", **search, seat="12A"))


class TestGrounded:
    def test_offers_values_of_the_evidence_only(self) -> None:
        lark = grounded(said(*TRIP))
        trip = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        assert accepts(lark, act("search_flights", **trip))
        assert not accepts(lark, act("search_flights", **{**trip, "origin": "ROM"}))
        assert not accepts(lark, act("search_flights", **trip, adults=3))

    def test_an_optional_argument_that_was_just_said_is_not_left_out(self) -> None:
        evidence = said(*TRIP, user("integer", 2, unit="adult"))
        trip = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        assert accepts(grounded(evidence), act("search_flights", **trip, adults=2))
        assert not accepts(grounded(evidence), act("search_flights", **trip))
        later = grounded(evidence.plus((), UserText("m2", "and now?")))
        assert accepts(later, act("search_flights", **trip, adults=2))
        assert accepts(later, act("search_flights", **trip))

    def test_a_way_back_that_was_just_said_is_not_left_out(self) -> None:
        back = user("date", "2027-03-07", vocabulary="return")
        there = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        lark = ActGrammar((*REAL, *reply_acts(REAL))).lark(said(*TRIP[:3], back), NOW, "grounded")
        assert lark is not None
        assert accepts(lark, act("search_flights", **there, return_date="2027-03-07"))
        assert not accepts(lark, act("search_flights", **there))

    def test_a_refined_search_keeps_the_days_and_the_people_of_the_one_before(self) -> None:
        evidence = said(*TRIP, user("date", "2027-03-09"), user("integer", 2, unit="adult"))
        evidence = evidence.plus((), UserText("m2", "anything nonstop?"))
        there = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        grammar = ActGrammar((*REAL, *reply_acts(REAL)))
        kept = Limits(kept={"search_flights": {**there, "adults": 2, "max_stops": 1}})
        lark = grammar.lark(evidence, NOW, "grounded", kept)
        assert lark is not None
        assert accepts(lark, act("search_flights", **there, adults=2))
        assert not accepts(lark, act("search_flights", **there))
        for other in ({"departure_date": "2027-03-09"}, {"return_date": "2027-03-09"}):
            assert not accepts(lark, act("search_flights", **{**there, **other}, adults=2))
            free = grammar.lark(evidence, NOW, "grounded")
            assert free is not None
            assert accepts(free, act("search_flights", **{**there, **other}, adults=2))

    def test_whoever_is_named_among_as_many_as_were_counted_is_a_guest(self) -> None:
        text = "the first for the two of us, Mia Olsen and Lena Olsen, mia@example.dk"
        facts = Reader(STAYS).read_message(text, "m1", NOW, Evidence()).facts
        rate = replace(offer("rate_abcdefgh"), entity="hotel_rate")
        evidence = Evidence().plus((*facts, rate), UserText("m1", text))
        lark = ActGrammar((*STAYS, *reply_acts(STAYS))).lark(evidence, NOW, "grounded")
        assert lark is not None
        mia, lena = ({"given_name": name, "family_name": "Olsen"} for name in ("Mia", "Lena"))
        said = {"rate_id": "rate_abcdefgh", "contact_email": "mia@example.dk"}

        def book(*guests: dict[str, str]) -> str:
            ordered = {"rate_id": said["rate_id"], "guests": [*guests]}
            return act("book_hotel", **ordered, contact_email=said["contact_email"])

        assert accepts(lark, book(mia, lena))
        for wrong in ((mia,), (lena,), (mia, mia), (lena, mia)):
            assert not accepts(lark, book(*wrong))

    def test_an_hour_that_was_just_said_as_a_bound_is_not_left_out(self) -> None:
        hour = user("time", "15:00", vocabulary="after")
        there = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        real = ActGrammar((*REAL, *reply_acts(REAL)))
        lark = real.lark(said(*TRIP[:3], hour), NOW, "grounded")
        assert lark is not None
        assert accepts(lark, act("search_flights", **there, depart_after="15:00"))
        assert not accepts(lark, act("search_flights", **there))
        assert not accepts(lark, act("search_flights", **there, depart_before="15:00"))
        back = user("date", "2027-03-07", vocabulary="return")
        either = real.lark(said(*TRIP[:3], back, hour), NOW, "grounded")
        assert either is not None
        assert accepts(either, act("search_flights", **there, return_date="2027-03-07"))

    def test_nobody_gets_the_family_name_of_somebody_else(self) -> None:
        names = (
            Fact("name", "Tom", "user", "m1:0-3", "Tom", vocabulary="given_name"),
            Fact("name", "Berg", "user", "m1:4-8", "Berg", vocabulary="family_name"),
            Fact("name", "Charlotte", "user", "m2:0-9", "Charlotte", vocabulary="given_name"),
            Fact("name", "Brown", "user", "m2:10-15", "Brown", vocabulary="family_name"),
        )
        born = user("date", "1990-05-12")
        mail = user("email", "tom@example.no")
        evidence = said(offer("off_a"), *names, born, mail)
        lark = ActGrammar((*REAL, *reply_acts(REAL))).lark(evidence, NOW, "grounded")
        assert lark is not None

        def booked(given: str, family: str) -> bool:
            person = {"given_name": given, "family_name": family, "born_on": "1990-05-12"}
            mail = {"contact_email": "tom@example.no"}
            return accepts(lark, act("book_flight", offer_id="off_a", passengers=[person], **mail))

        assert booked("Tom", "Berg")
        assert booked("Charlotte", "Brown")
        assert not booked("Charlotte", "Berg")

    def test_what_was_just_quoted_for_a_write_is_not_told_to_who_asked_nothing(self) -> None:
        grammar = ActGrammar((*REAL, *reply_acts(REAL)))
        evidence = said(*TRIP, offer("off_a"))
        about = act("answer", about="off_a")
        (quoted,) = {fact.ref.partition("/")[0] for fact in evidence.of_kind("entity")}
        asked = grammar.lark(evidence, NOW, "grounded")
        silent = grammar.lark(evidence, NOW, "grounded", Limits(untold=frozenset({quoted})))
        other = grammar.lark(evidence, NOW, "grounded", Limits(untold=frozenset({"c9"})))
        assert asked is not None
        assert silent is not None
        assert other is not None
        assert [accepts(lark, about) for lark in (asked, silent, other)] == [True, False, True]

    def test_an_argument_that_could_only_repeat_its_default_is_not_offered(self) -> None:
        trip = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        assert not accepts(grounded(said(*TRIP)), act("search_flights", **trip, adults=1))

    def test_leaves_out_values_that_the_schema_forbids(self) -> None:
        lark = grounded(said(*TRIP, user("integer", 12, unit="adult")))
        trip = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        assert not accepts(lark, act("search_flights", **trip, adults=12))

    def test_keeps_relations_between_arguments(self) -> None:
        lark = grounded(said(*TRIP))
        there = {"origin": "BER", "destination": "PAR"}
        dates = {"departure_date": "2027-03-03", "return_date": "2027-03-07"}
        late = {"departure_date": "2027-03-07", "return_date": "2027-03-03"}
        assert accepts(lark, act("search_flights", **there, **dates))
        assert not accepts(lark, act("search_flights", **there, **late))
        same = {"origin": "BER", "destination": "BER", "departure_date": "2027-03-03"}
        assert not accepts(lark, act("search_flights", **same))

    def test_does_not_offer_a_tool_whose_required_value_nothing_grounds(self) -> None:
        lark = grounded(said(*TRIP))
        assert "book_flight" not in lark
        assert "search_flights" in lark
        assert "search_flights" not in grounded(Evidence())

    def test_where_nothing_fits_reads_without_needs_and_replies_are_left(self) -> None:
        lark = grounded(Evidence())
        assert accepts(lark, act("ping"))
        assert accepts(lark, act("ask_user", about=["origin"]))
        assert "present" not in lark

    def test_asks_only_for_what_is_missing(self) -> None:
        evidence = said(*TRIP, offer("off_a"))
        assert ActGrammar(ACTS).missing(evidence, NOW) == ["born_on", "contact_email", "given_name"]
        lark = grounded(evidence)
        assert accepts(lark, act("ask_user", about=["born_on", "given_name"]))
        assert not accepts(lark, act("ask_user", about=["origin"]))

    def test_asks_for_nothing_that_a_tool_out_of_reach_needs(self) -> None:
        evidence = said(*TRIP)
        assert ActGrammar(ACTS).missing(evidence, NOW) == ["born_on", "contact_email", "given_name"]
        assert "ask_user" not in grounded(evidence)

    def test_asks_not_for_an_address_that_was_just_said(self) -> None:
        lark = grounded(said(*TRIP, *PERSON, offer("off_a")))
        assert not accepts(lark, act("ask_user", about=["contact_email"]))
        assert accepts(lark, act("ask_user", about=["origin"]))
        two = user("email", "ada@example.org")
        lark = grounded(said(*TRIP, *PERSON, two, offer("off_a")))
        assert accepts(lark, act("ask_user", about=["contact_email"]))

    def test_asks_nobody_who_chose_and_told_all_at_once(self) -> None:
        chosen = replace(offer("off_a"), vocabulary=CHOSEN, unit="m1")
        evidence = said(*TRIP, *PERSON, offer("off_a"), offer("off_b"), chosen)
        assert "ask_user" not in grounded(evidence)
        spent = Limits(spent=frozenset({("book_flight", "off_a")}))
        lark = ActGrammar(ACTS).lark(evidence, NOW, "grounded", spent)
        assert lark is not None
        assert accepts(lark, act("ask_user", about=["origin"]))
        later = evidence.plus((), UserText("m2", "and a hotel"))
        assert accepts(grounded(later), act("ask_user", about=["origin"]))

    def test_who_names_an_id_that_was_shown_is_led_nowhere_else(self) -> None:
        chosen = replace(offer("off_a"), vocabulary=CHOSEN, unit="m1")
        where = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
        away = act("decline", reason="not_possible"), act("search_flights", **where)
        evidence = said(*TRIP, offer("off_a"), offer("off_b"))
        for other in away:
            assert accepts(grounded(evidence.plus([replace(chosen, text="first")])), other)
            assert not accepts(grounded(evidence.plus([chosen])), other)
        lark = grounded(evidence.plus([chosen]))
        assert accepts(lark, act("ask_user", about=["contact_email"]))
        booked = Limits(spent=frozenset({("book_flight", "off_a")}))
        lark = ActGrammar(ACTS).lark(evidence.plus([chosen]), NOW, "grounded", booked) or ""
        assert all(accepts(lark, other) for other in away)

    def test_a_new_address_stands_whatever_was_said_before(self) -> None:
        evidence = said(*TRIP, *PERSON, offer("off_a"))
        new = replace(user("email", "bob@example.org"), ref="m2:0-15")
        lark = grounded(evidence.plus([new], UserText("m2", "bob@example.org")))
        person = [{"given_name": "Ada", "born_on": "1990-05-12"}]
        for mail, offered in (("bob@example.org", True), ("ada@example.com", False)):
            book = act("book_flight", offer_id="off_a", passengers=person, contact_email=mail)
            assert accepts(lark, book) is offered

    def test_a_search_is_not_gone_on_with_when_it_changes(self) -> None:
        pages = tool(
            "search",
            {"adults": {"type": "integer"}, "cursor": {"type": "string"}},
            [],
            rules={
                "/adults": rule("integer", unit="adult"),
                "/cursor": rule("entity", "result", entity="flight_cursor"),
            },
        )
        cursor = Fact("entity", "cur_1", "result", "c1/meta/next_cursor", entity="flight_cursor")
        grammar = ActGrammar((pages,))
        lark = grammar.lark(said(cursor), NOW, "grounded")
        assert lark is not None
        assert accepts(lark, act("search", cursor="cur_1"))
        lark = grammar.lark(said(cursor, user("integer", 2, unit="adult")), NOW, "grounded")
        assert lark is not None
        assert "cur_1" not in lark
        assert accepts(lark, act("search", adults=2))

    @pytest.mark.parametrize(
        ("typed", "looked", "declines"),
        [
            ("ABC123", {"ping"}, False),
            ("ABC123", {"ping", "pong"}, True),
            ("ABC123", set(), True),
            (None, {"ping"}, True),
        ],
    )
    def test_a_booking_code_is_given_up_when_every_list_was_read(
        self, typed: str | None, looked: set[str], declines: bool
    ) -> None:
        pong = tool("pong", {}, [])
        code = [user("text", typed, vocabulary=CODE)] if typed else []
        limits = Limits(looked=frozenset(looked))
        lark = ActGrammar((*ACTS, pong)).lark(said(*code), NOW, "grounded", limits)
        assert lark is not None
        assert accepts(lark, act("decline", reason="not_possible")) is declines
        assert ("ask_user" in lark) is declines

    def test_nobody_is_given_the_day_of_birth_of_somebody_else(self) -> None:
        person = {
            "type": "object",
            "properties": {
                "given_name": {"type": "string"},
                "family_name": {"type": "string"},
                "born_on": {"type": "string", "format": "date"},
            },
            "required": ["given_name", "family_name", "born_on"],
            "additionalProperties": False,
        }
        book = tool(
            "book",
            {"passengers": {"type": "array", "items": person}},
            ["passengers"],
            rules={
                "/passengers/*/given_name": rule("name", vocabulary="given_name"),
                "/passengers/*/family_name": rule("name", vocabulary="family_name"),
                "/passengers/*/born_on": rule("date", when="past"),
            },
        )
        text = "Ada Lovelace, 10 December 1985; Bo Diddley, 3 May 1990"
        facts = Reader([]).read_message(text, "m1", NOW, Evidence()).facts
        lark = ActGrammar((book,)).lark(said(*facts, text=text), NOW, "grounded")
        assert lark is not None
        ada = {"given_name": "Ada", "family_name": "Lovelace", "born_on": "1985-12-10"}
        bo = {"given_name": "Bo", "family_name": "Diddley", "born_on": "1990-05-03"}
        assert accepts(lark, act("book", passengers=[ada, bo]))
        assert accepts(lark, act("book", passengers=[bo]))
        for wrong in ({**ada, "born_on": bo["born_on"]}, {**ada, "family_name": "Diddley"}):
            assert not accepts(lark, act("book", passengers=[wrong, bo]))
        assert not accepts(lark, act("book", passengers=[ada, ada]))

    def test_an_expired_offer_cannot_be_booked(self) -> None:
        assert "book_flight" in grounded(said(*PERSON, offer("off_a")))
        assert "book_flight" not in grounded(said(*PERSON, offer("off_a", minutes=-1)))

    def test_a_list_is_no_longer_than_the_evidence_can_tell_apart(self) -> None:
        lark = grounded(said(*PERSON, offer("off_a")))
        ada = {"given_name": "Ada", "born_on": "1990-05-12"}
        book = {"offer_id": "off_a", "contact_email": "ada@example.com"}
        assert accepts(lark, act("book_flight", offer_id="off_a", passengers=[ada],
                                 contact_email=book["contact_email"]))  # fmt: skip
        two = {"offer_id": "off_a", "passengers": [ada, ada], "contact_email": "ada@example.com"}
        assert not accepts(lark, act("book_flight", **two))

    def test_an_act_is_one_reply_or_some_reads_or_some_writes(self) -> None:
        lark = grounded(said(*TRIP, *PERSON, offer("off_a")))
        ping = act("ping")
        assert accepts(lark, "\n".join([ping] * MAX_CALLS))
        assert not accepts(lark, "\n".join([ping] * (MAX_CALLS + 1)))
        ask = act("ask_user", about=["wish"])
        assert not accepts(lark, f"{ping}\n{ask}")

    def test_text_in_values_cannot_break_out_of_the_grammar(self) -> None:
        evil = 'Ada"}]} | "x" \n start: /.*/ \\'
        lark = grounded(said(user("name", evil), *PERSON[1:], offer("off_a")))
        assert compiles(lark) == ""
        person = {"given_name": evil, "born_on": "1990-05-12"}
        book = {"offer_id": "off_a", "passengers": [person], "contact_email": "ada@example.com"}
        assert accepts(lark, act("book_flight", **book))


NOTE = tool(
    "take_note",
    {
        "text": {"type": "string", "description": "What to note."},
        "label": {"type": "string", "maxLength": 8},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    },
    ["text"],
    rules={"/text": rule("text"), "/label": rule("text"), "/tags/*": rule("text")},
)


def typed(*texts: str) -> Evidence:
    evidence = Evidence()
    for number, text in enumerate(texts):
        evidence = evidence.plus((), UserText(f"m{number}", text))
    return evidence


class TestTextOfTheUser:
    def note(self, evidence: Evidence) -> str:
        lark = ActGrammar((NOTE,)).lark(evidence, NOW, "grounded")
        assert lark is not None
        return lark

    @pytest.mark.parametrize(
        "text",
        ["milk", "buy milk", "milk (2 l)", "C++", 'say "hello', "tomorrow!", "at Müller's, Köln"],
    )
    def test_is_offered_in_spans_of_whole_words(self, text: str) -> None:
        evidence = typed('buy milk (2 l)  tomorrow! say "hello" in C++', "at Müller's, Köln")
        assert accepts(self.note(evidence), act("take_note", text=text))

    @pytest.mark.parametrize("text", ["", " ", "mil", "buy", "lk eggs", "milk  eggs", "milk eggs "])
    def test_is_offered_in_no_other_way(self, text: str) -> None:
        lark = self.note(typed("milk eggs"))
        assert not accepts(lark, act("take_note", text=text))

    def test_is_held_to_the_schema(self) -> None:
        lark = self.note(typed("milk and strawberries"))
        assert accepts(lark, act("take_note", text="strawberries", label="milk and"))
        assert not accepts(lark, act("take_note", text="milk", label="strawberries"))

    def test_may_fill_a_list(self) -> None:
        lark = self.note(typed("milk and eggs"))
        assert accepts(lark, act("take_note", text="milk", tags=["eggs", "milk and"]))

    def test_is_missing_only_while_nothing_was_typed(self) -> None:
        assert ActGrammar((NOTE,)).missing(Evidence(), NOW) == ["text"]
        assert ActGrammar((NOTE,)).missing(typed("milk"), NOW) == []

    @given(st.lists(st.text(max_size=30), min_size=1, max_size=3), st.integers())
    @settings(max_examples=150, deadline=None)
    def test_is_cleared_whatever_it_is(self, texts: list[str], seed: int) -> None:
        evidence = typed(*texts)
        lark = self.note(evidence)
        if not lark:
            return
        calls = parse_act(random_act(lark, random.Random(seed)), 1)
        assert isinstance(calls, tuple)
        for call in calls:
            verdict = clear(call, {"take_note": NOTE}, evidence, Policy(NOW))
            assert isinstance(verdict, Cleared), (call, verdict)

    def test_of_any_length_makes_a_grammar_that_compiles(self) -> None:
        assert compiles(self.note(typed("once upon a time there was a word, " * 500))) == ""


FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.sampled_from([user("place", code) for code in ("BER", "PAR", "ROM")]),
    st.dates().map(lambda day: user("date", day.isoformat())),
    st.integers(0, 20).map(lambda n: user("integer", n, unit="adult")),
    st.sampled_from([user("term", t, vocabulary="cabin_class") for t in ("economy", "business")]),
    st.text(min_size=1, max_size=8).map(lambda name: user("name", name)),
    st.just(user("email", "ada@example.com")),
    st.sampled_from([offer("off_a"), offer("off_b"), offer("off_old", minutes=-5)]),
)


@given(st.lists(FACTS, max_size=10), st.integers())
@settings(max_examples=150, deadline=None)
def test_whatever_the_grounded_grammar_lets_through_is_cleared(
    facts: list[Fact], seed: int
) -> None:
    """The claim of grounded decoding: a hallucinated call is impossible by construction."""
    evidence = said(*facts)
    acts = {one.name: one for one in ACTS}
    calls = parse_act(random_act(grounded(evidence), random.Random(seed)), 1)
    assert isinstance(calls, tuple)
    seen: set[str] = set()
    for call in calls:
        verdict = clear(call, acts, evidence, Policy(NOW, frozenset(seen)))
        if isinstance(verdict, Cleared):
            seen.add(signature(verdict.tool, verdict.arguments))
        else:
            # What a grammar cannot count is left to clearance: the same call twice in one act.
            assert {fault.code for fault in verdict.rejections} == {"duplicate_call"}


@given(st.integers())
@settings(max_examples=50, deadline=None)
def test_whatever_the_schema_grammar_lets_through_has_no_invented_name(seed: int) -> None:
    lark = ActGrammar((SEARCH, BOOK, PING)).lark(Evidence(), NOW, "schema")
    assert lark is not None
    calls = parse_act(random_act(lark, random.Random(seed)), 1)
    assert isinstance(calls, tuple)
    for call in calls:
        verdict = clear(call, {t.name: t for t in TOOLS}, Evidence(), Policy(NOW))
        faults = set() if isinstance(verdict, Cleared) else {f.code for f in verdict.rejections}
        assert not faults & {"malformed", "unknown_tool", "unknown_parameter", "missing_parameter"}
