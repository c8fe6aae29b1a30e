"""Rows of a list that a message means by places, days and booking codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import CallCleared, CallObserved, UserMessage
from agent.evidence.bearing import CODE, about, borne_codes, typed_codes, unfound_codes
from agent.evidence.candidates import candidates
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from agent.evidence.references import Listing, chosen, recognised
from agent.offer import offer
from tests.agent.booking import NOW, rule
from tests.agent.evidence.test_things import RULES, TOOLS
from tools.catalog import Catalog
from tools.gazetteer import Gazetteer

CITIES = {"NCE": "NCE", "NBO": "NBO", "LHR": "LON", "LGW": "LON", "KEF": "REK", "LIS": "LIS"}
QUOTE = RULES["quote_flight_cancellation"]
ORDER_ID = rule("entity", "result", entity="flight_order")


def city_of(code: str) -> str:
    return CITIES.get(code, code)


def order(n: int, origin: str, destination: str, day: str) -> list[Fact]:
    at = f"c1/data/{n}"
    return [
        Fact("entity", f"ord_{n}", "result", f"{at}/order_id", f"ord_{n}", entity="flight_order"),
        Fact("place", origin, "result", f"{at}/slices/0/origin", origin),
        Fact("place", destination, "result", f"{at}/slices/0/destination", destination),
        Fact("date", day, "result", f"{at}/slices/0/departure_date", day),
        Fact("place", "LIS", "result", f"{at}/slices/0/segments/0/destination", "LIS"),
        Fact("date", day, "result", f"{at}/slices/0/segments/0/departing_at", f"{day}T10:00Z"),
    ]


ROWS = [{"order_id": f"ord_{n}", "booking_reference": f"QX7M2{n}"} for n in range(3)]
SHOWN = Evidence().plus(
    [
        *order(0, "NCE", "NBO", "2026-12-23"),
        *order(1, "LHR", "KEF", "2027-01-04"),
        *order(2, "NBO", "LGW", "2027-02-01"),
    ]
)


def place(code: str, role: str | None = None) -> Fact:
    return Fact("place", code, "user", "m1:0-3", code, unit="city", vocabulary=role)


def day(value: str) -> Fact:
    return Fact("date", value, "user", "m1:4-9", "then")


def meant(*said: Fact) -> list[int]:
    return [row for row, _ in about("c1", 3, SHOWN, said, city_of)]


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ([place("REK")], [1]),
        ([place("NCE")], [0]),
        ([day("2027-02-01")], [2]),
        ([place("NBO"), day("2026-12-23")], [0]),
        ([place("LON")], [1, 2]),
        ([place("LON", "origin")], [1]),
        ([place("LON", "destination")], [2]),
        ([place("NBO", "origin"), place("LON")], [2]),
    ],
)
def test_a_place_or_a_day_means_the_rows_that_bear_it(
    said: Sequence[Fact], rows: list[int]
) -> None:
    assert meant(*said) == rows


@pytest.mark.parametrize(
    "said",
    [
        [],
        [place("ROM")],
        [place("LIS")],
        [day("2027-03-03")],
        [place("NCE"), place("REK")],
        [Fact("place", "REK", "context", "m1:0-3", "there")],
    ],
    ids=["nothing", "borne by none", "only on the way", "another day", "two rows", "worked out"],
)
def test_what_tells_no_row_apart_means_none(said: Sequence[Fact]) -> None:
    assert meant(*said) == []


def test_what_every_row_bears_means_none() -> None:
    shown = Evidence().plus([*order(0, "NCE", "NBO", "2027-01-01"), *order(1, "NCE", "KEF", "…")])
    assert about("c1", 2, shown, [place("NCE")], city_of) == []


@given(st.lists(st.sampled_from(sorted({*CITIES.values(), "ROM"})), max_size=4))
def test_only_rows_of_the_list_are_meant_and_never_all(cities: list[str]) -> None:
    rows = meant(*map(place, cities))
    assert set(rows) < {0, 1, 2}


class TestReferences:
    def test_a_place_said_before_the_list_singles_its_row_out(self) -> None:
        said = UserText("m1", "cancel the reykjavík flight")
        told = SHOWN.plus([place("REK")], said)
        told = told.plus(recognised(Listing("c1", ROWS), told, said, city_of))
        assert [fact.value for fact in candidates(ORDER_ID, told, NOW)] == ["ord_1"]

    def test_a_place_that_two_rows_bear_leaves_both(self) -> None:
        said = UserText("m1", "cancel London")
        told = SHOWN.plus([place("LON")], said)
        told = told.plus(recognised(Listing("c1", ROWS), told, said, city_of))
        assert {fact.value for fact in candidates(ORDER_ID, told, NOW)} == {"ord_1", "ord_2"}

    @pytest.mark.parametrize(("code", "expected"), [("REK", ["ord_1"]), ("LON", [])])
    def test_said_after_the_list_it_must_be_one_row(self, code: str, expected: list[str]) -> None:
        found = chosen([place(code)], SHOWN, Listing("c1", ROWS), UserText("m2", "…"), city_of)
        assert [fact.value for fact in found] == expected

    def test_a_place_in_the_list_comes_before_a_place_on_the_map(self) -> None:
        second = Fact("integer", 2, "user", "m2:0-3", "2nd", unit="ordinal")
        facts = [second, place("NCE")]
        found = chosen(facts, SHOWN, Listing("c1", ROWS), UserText("m2", "…"), city_of)
        assert [fact.value for fact in found] == ["ord_1"]


def typed(text: str, ref: str = "m2") -> list[Fact]:
    reading = Reader([], Gazetteer.default()).read_message(text, ref, NOW, Evidence())
    return [fact for fact in reading.facts if fact.vocabulary == CODE]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("cancel ABC123 please", ["ABC123"]),
        ("Cancela la reserva CANXNA, por favor.", ["CANXNA"]),
        ("Cancel booking 9CRFAG.", ["9CRFAG"]),
        ("QX7M2A ve TVC72P iptal", ["QX7M2A", "TVC72P"]),
        ("my PNR is QWERTY", ["QWERTY"]),
        ("Buchungsnummer: QWERTY stornieren", ["QWERTY"]),
        ("rezervasyon kodu QWERTY", ["QWERTY"]),
        ("cancel flight LH1234", []),
        ("my mail is ABC123@example.org", []),
        ("off_ABC123", []),
        ("CANCEL my booking PLEASE", []),
        ("booking LOVELACE", []),
        ("a hotel from 12MARCH on", []),
        ("flight 12345678", []),
        ("abc123", []),
    ],
)
def test_codes_are_letters_with_digits_or_six_letters(said: str, codes: list[str]) -> None:
    found = typed(said)
    assert [fact.value for fact in found] == codes
    assert all(said[slice(*map(int, f.ref[3:].split("-")))] == f.value for f in found)


@pytest.mark.parametrize(("taken", "found"), [((3, 10), []), ((3, 5), [(3, 10)])])
def test_only_what_was_read_whole_as_something_else_is_no_code(
    taken: tuple[int, int], found: list[tuple[int, int]]
) -> None:
    assert list(typed_codes("on 12MARCH", [taken], ())) == found


@given(st.text(st.sampled_from("AZ09az .:-@/\nbuchung code"), max_size=60))
def test_codes_are_words_of_capitals_and_digits_and_never_overlap(text: str) -> None:
    found = list(typed_codes(text, (), range(len(text))))
    assert all(re.fullmatch("[A-Z0-9]{5,10}", text[start:end]) for start, end in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(found))


class TestCodesThatNothingBears:
    FACTS = tuple(SHOWN.facts)
    LISTED = SHOWN.plus(borne_codes({"data": ROWS}, FACTS))

    def offered(self, said: str, evidence: Evidence | None = None) -> list[object]:
        evidence = self.LISTED if evidence is None else evidence
        told = evidence.plus(typed(said), UserText("m2", said))
        return [fact.value for fact in candidates(ORDER_ID, told, NOW)]

    def test_mean_no_booking_that_has_another_one(self) -> None:
        assert self.offered("cancel ABC123") == []
        assert len(self.offered("cancel my flight")) == 3

    def test_are_forgotten_with_the_next_message(self) -> None:
        told = self.LISTED.plus(typed("ABC123", "m1"), UserText("m1", "ABC123"))
        assert len(self.offered("then all of them", told)) == 3

    def test_keep_no_thing_from_being_used_that_has_no_codes(self) -> None:
        offer = Fact("entity", "off_1", "result", "c2/data/0/offer_id", entity="flight_offer")
        told = self.LISTED.plus([offer]).plus(typed("book it, miles AB123456"), UserText("m2", "…"))
        found = candidates(rule("entity", "result", entity="flight_offer"), told, NOW)
        assert [fact.value for fact in found] == ["off_1"]

    def test_that_one_booking_bears_keep_things_of_another_kind_out(self) -> None:
        stay = [
            Fact("entity", "hbk_1", "result", "c3/data/0/booking_id", entity="hotel_booking"),
        ]
        rows = [{"booking_id": "hbk_1", "booking_reference": "HOTEL7"}]
        told = self.LISTED.plus([*stay, *borne_codes({"data": rows}, stay)])
        assert self.offered("cancel HOTEL7", told) == []

    def test_are_known_to_be_unfound(self) -> None:
        for said, unfound in (("ABC123", ["ABC123"]), ("QX7M21", []), ("hello", [])):
            told = self.LISTED.plus(typed(said), UserText("m2", said))
            assert unfound_codes(told) == unfound


def test_a_single_thing_bears_its_code_too() -> None:
    fact = Fact("entity", "ord_9", "result", "c4/order_id", entity="flight_order")
    [code] = borne_codes({"order_id": "ord_9", "booking_reference": "ZZ9PLA"}, [fact])
    assert (code.value, code.entity, code.vocabulary) == ("ZZ9PLA", "flight_order", CODE)


class TestPlacesThatNoRowBears:
    """Lists of bookings: a flight to Berlin, and a message that names another."""

    def quotable(self, said: str, city: str = "BER") -> list[object]:
        fold = offer(Catalog(TOOLS)).fold
        order = {
            "order_id": "ord_1",
            "booking_reference": "R6M5SA",
            "slices": [{"origin": "IST", "destination": city, "departure_date": "2027-03-03"}],
        }
        called = CallCleared("c1", "list_flight_orders", {}, "read", {})
        listed = CallObserved("c1", ok=True, status=200, result={"data": [order]})
        state = fold.replay([UserMessage(said, NOW.isoformat(), "en"), called, listed])
        return [fact.value for fact in candidates(QUOTE, state.evidence, NOW)]

    @pytest.mark.parametrize(
        "said",
        ["cancel the Madrid flight", "storniere den Flug nach Madrid", "Madrid uçuşumu iptal et",
         "cancela mi vuelo a Madrid"],
    )  # fmt: skip
    def test_mean_none_of_them(self, said: str) -> None:
        assert self.quotable(said) == []
        assert self.quotable(said, city="MAD") == ["ord_1"]

    @pytest.mark.parametrize(
        "said", ["cancel my flight", "cancel my flight, I stay in Madrid", "cancel the IST flight"]
    )
    def test_are_none_where_the_thing_is_not_said_to_be_there(self, said: str) -> None:
        assert self.quotable(said) == ["ord_1"]
