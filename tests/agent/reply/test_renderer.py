"""Replies say what they were given, in four languages, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import Money
from agent.reply import LANGUAGES, Language, Planned, Renderer, Thing, unbacked
from agent.reply.failures import BY_CODE
from agent.reply.formats import Formats
from agent.reply.words import QUESTIONS

NOW = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
OFFER: dict[str, Any] = {
    "offer_id": "off_ab12cd34",
    "slices": [
        {
            "origin": "BER",
            "destination": "LHR",
            "departure_date": "2027-03-03",
            "segments": [
                {
                    "carrier": "LH",
                    "carrier_name": "Lufthansa",
                    "flight_number": "LH902",
                    "origin": "BER",
                    "destination": "LHR",
                    "departing_at": "2027-03-03T23:40:00+01:00",
                    "arriving_at": "2027-03-04T00:45:00+00:00",
                    "duration": "PT2H5M",
                }
            ],
            "stops": 0,
            "duration": "PT2H5M",
        }
    ],
    "cabin_class": "premium_economy",
    "total": {"amount": "1412.30", "currency": "EUR"},
    "conditions": {"refundable": False, "change_fee": None, "cancel_fee": None},
    "seats_left": 3,
    "expires_at": "2027-02-01T10:30:00Z",
}
HOTEL: dict[str, Any] = {
    "hotel_id": "htl_1",
    "name": "Spree Palace",
    "city_code": "BER",
    "stars": 4,
    "rating": 8.7,
    "amenities": ["wifi", "pool"],
    "rates": [
        {
            "rate_id": "rat_1",
            "room": "Suite",
            "board": "breakfast",
            "total": {"amount": "300.00", "currency": "EUR"},
            "per_night": {"amount": "150.00", "currency": "EUR"},
            "refundable_until": "2027-03-01T18:00:00+01:00",
        },
        {
            "rate_id": "rat_2",
            "room": "Double room",
            "board": "room_only",
            "total": {"amount": "90.00", "currency": "EUR"},
            "per_night": {"amount": "45.00", "currency": "EUR"},
            "refundable_until": None,
        },
    ],
}
ORDER = OFFER | {
    "order_id": "ord_1",
    "booking_reference": "QX7K2P",
    "status": "confirmed",
    "passengers": [{"given_name": "Ada", "family_name": "Lovelace", "born_on": "1990-05-12"}],
}
BOOKING: dict[str, Any] = {
    "booking_id": "bok_1",
    "booking_reference": "HT55ZZ",
    "status": "confirmed",
    "hotel": {"name": "Spree Palace", "stars": 4, "city_code": "BER"},
    "rate": HOTEL["rates"][0],
    "check_in_date": "2027-03-03",
    "check_out_date": "2027-03-05",
    "guests": [{"given_name": "Ada", "family_name": "Lovelace"}],
    "total": {"amount": "300.00", "currency": "EUR"},
}
THINGS = [
    Thing("flight_offer", OFFER),
    Thing("hotel", HOTEL),
    Thing("hotel_rate", HOTEL["rates"][0]),
    Thing("flight_order", ORDER),
    Thing("hotel_booking", BOOKING),
    Thing("flight_cancellation", {"cancellation_id": "can_1", "refund": ORDER["total"]}),
    Thing("place", {"iata_code": "BER", "name": "Berlin", "type": "city"}),
]


class Atlas:
    """A gazetteer of two places."""

    def display_name(self, code: str, language: str) -> str | None:
        london = {"tr": "Londra Heathrow", "es": "Londres Heathrow"}
        return {"BER": "Berlin", "LHR": london.get(language, "London Heathrow")}.get(code)


@pytest.fixture(params=LANGUAGES)
def renderer(request: pytest.FixtureRequest) -> Renderer:
    return Renderer(request.param, Atlas())


def speak(language: str) -> Renderer:
    return Renderer(language, Atlas())


@pytest.mark.parametrize("thing", THINGS, ids=lambda t: t.kind)
def test_no_text_about_a_result_holds_a_value_that_is_not_in_it(renderer: Renderer, thing: Thing):
    day_shift = 1
    evidence = [json.dumps(thing.data), *leaves(thing.data), day_shift, "2 hr 5 min"]
    assert unbacked(renderer.present([thing]), evidence, {"booked"}) == []


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            "en",
            "Berlin (BER) → London Heathrow (LHR) · Wednesday, March 3, 2027 · 23:40–00:45 (+1)",
        ),
        ("tr", "Berlin (BER) → Londra Heathrow (LHR) · 3 Mart 2027 Çarşamba · 23:40–00:45 (+1)"),
        ("de", "Berlin (BER) → London Heathrow (LHR) · Mittwoch, 3. März 2027 · 23:40–00:45 (+1)"),
        ("es", "Berlin (BER) → Londres Heathrow (LHR) · miércoles, 3 de marzo de 2027 · 23:40–"),
    ],
)
def test_a_flight_is_told_with_places_long_dates_and_local_times(language: str, line: str):
    assert line in speak(language).present([Thing("flight_offer", OFFER)])


@pytest.mark.parametrize(
    ("language", "price"),
    [
        ("en", "€1,412.30"),
        ("tr", "€1.412,30"),
        ("de", "1.412,30\u00a0€"),
        ("es", "1.412,30\u00a0€"),
    ],
)
def test_money_is_written_as_the_language_writes_it(language: str, price: str):
    assert price in speak(language).present([Thing("flight_offer", OFFER)])


def test_a_hotel_is_told_with_its_cheapest_rate():
    text = speak("en").present([Thing("hotel", HOTEL)])
    assert "Double room · room only · €90.00 · €45.00 per night · not refundable" in text
    assert "Suite" not in text


def test_several_results_are_numbered_and_the_rest_is_counted():
    text = speak("en").present([Thing("hotel", HOTEL), Thing("hotel", HOTEL)], total=7)
    assert "\n1. Spree Palace" in text
    assert "\n2. Spree Palace" in text
    assert "Showing 2 of 7." in text


def test_an_empty_result_says_so():
    assert speak("en").present([]) == speak("en").nothing_found()


def test_an_unknown_kind_shows_its_brief_fields_and_no_others():
    pet = Thing(
        "pet", {"pet_id": "p1", "pet_name": "Rex", "weight": 7.5, "secret": "x"}, ("pet_name",)
    )
    assert speak("en").present([pet]) == "I found this:\nPet name: Rex"


def test_an_unknown_kind_without_brief_fields_shows_everything_but_ids():
    pet = Thing("pet", {"pet_id": "p1", "pet_name": "Rex", "tags": ["a", "b"], "vaccinated": True})
    text = speak("en").present([pet])
    assert text.splitlines()[1:] == ["Pet name: Rex", "Tags: a and b", "Vaccinated: yes"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_known_parameter_has_a_question_of_its_own(renderer: Renderer, name: str):
    assert renderer.ask([name]).endswith(("?", ".", "？"))
    assert name not in renderer.ask([name]) or "_" not in name


def test_any_other_parameter_is_asked_for_by_its_readable_name():
    assert speak("en").ask(["pet_category"]) == "Please give me: Pet category."


def test_asking_shows_back_what_is_known():
    text = speak("en").ask(["return_date"], {"origin": "BER", "departure_date": "2027-03-03"})
    assert text.splitlines() == [
        "So far: From: Berlin (BER); Departure: Wednesday, March 3, 2027.",
        "On which date do you want to come back?",
    ]


def test_a_date_of_two_readings_is_asked_about_with_both():
    text = speak("en").ask(["departure_date"], {"departure_date": ("2027-03-04", "2027-04-03")})
    assert text == ("Departure: do you mean Thursday, March 4, 2027 or Saturday, April 3, 2027?")


def approval(renderer: Renderer, *calls: Planned, **changes: Any) -> str:
    details: dict[str, Any] = {
        "totals": [Money("1412.30", "EUR")],
        "terms": {"refundable": False, "cancel_fee": {"amount": "50.00", "currency": "EUR"}},
        "expires_at": "2027-02-01T10:30:00Z",
        "now": NOW,
    }
    return renderer.approval(calls, **(details | changes))


BOOK = Planned(
    "book_flight",
    {"offer_id": "off_ab12cd34", "passengers": ORDER["passengers"], "contact_email": "a@b.example"},
    Thing("flight_offer", OFFER),
)
CANCEL = Planned("confirm_flight_cancellation", {"cancellation_id": "can_1"}, THINGS[5])


def test_an_approval_names_the_thing_the_people_the_price_the_terms_and_the_expiry():
    lines = approval(speak("en"), BOOK).splitlines()
    assert lines[0] == "Book this flight:"
    assert "Passengers: Ada Lovelace (Saturday, May 12, 1990)" in lines
    assert "E-mail: a@b.example" in lines
    assert "Total: €1,412.30" in lines
    assert "Terms: not refundable; Cancellation fee: €50.00" in lines
    assert "Valid until 10:30." in lines
    assert lines[-1] == "Shall I go ahead? Please answer yes or no."


def test_each_of_several_writes_keeps_its_own_terms():
    strict = replace(BOOK, terms={"refundable": False, "change_fee": None})
    lenient = replace(BOOK, terms={"refundable": True})
    lines = approval(speak("en"), strict, lenient, terms={}).splitlines()
    terms = [line for line in lines if line.startswith("Terms")]
    assert terms == ["Terms: not refundable; changes not possible", "Terms: refundable"]


def test_an_approval_to_cancel_speaks_of_a_refund():
    text = approval(speak("en"), CANCEL, terms={})
    assert "Refund: €1,412.30" in text
    assert "Total" not in text


def test_an_approval_that_books_and_cancels_names_price_and_refund_apart():
    text = approval(speak("en"), BOOK, CANCEL, refunds=[Money("20", "EUR")], terms={})
    assert "Total: €1,412.30\nRefund: €20.00" in text


def test_an_approval_of_several_currencies_adds_nothing_up():
    text = approval(speak("en"), BOOK, totals=[Money("10", "EUR"), Money("900", "JPY")])
    assert "Total: €10.00 + ¥900" in text


def test_an_approval_of_a_foreign_tool_shows_its_arguments():
    text = approval(speak("en"), Planned("buy_pet", {"name": "Rex"}), totals=[], terms={})
    assert text.startswith("Buy pet:\nName: Rex")


def test_an_expiry_on_another_day_comes_with_its_date():
    text = approval(speak("en"), BOOK, expires_at="2027-02-02T09:00:00Z")
    assert "Valid until Tuesday, February 2, 2027, 09:00." in text


def test_a_booking_is_confirmed_with_its_reference(renderer: Renderer):
    text = renderer.booked([Thing("flight_order", ORDER), Thing("hotel_booking", BOOKING)])
    assert "QX7K2P" in text
    assert "HT55ZZ" in text


def test_a_half_done_plan_says_what_stands_and_offers_to_undo_it():
    problem = {"code": "sold_out", "title": "Sold out"}
    text = speak("en").partial([Thing("flight_order", ORDER)], problem, compensation=True)
    assert "This stands:\nFlight · reference QX7K2P" in text
    assert "This failed: That is sold out by now." in text
    assert "refund" in text


@pytest.mark.parametrize("code", BY_CODE)
def test_every_problem_code_has_words_of_its_own(renderer: Renderer, code: str):
    text = renderer.failed({"code": code, "title": "T", "detail": "D"})
    assert text != renderer.failed({"code": "other", "detail": "D"})
    assert code not in text or "_" not in code


def test_an_unknown_problem_is_told_in_its_own_words():
    assert speak("en").failed({"title": "I'm a teapot"}) == "That did not work: I'm a teapot"


def test_a_price_change_names_both_prices(renderer: Renderer):
    text = renderer.price_changed(Money("10.00", "EUR"), Money("12.00", "EUR"))
    assert "10" in text
    assert "12" in text


def test_fixed_replies_differ_by_language():
    for name in ("greeting", "help", "finish", "cannot_understand", "exhausted", "nothing_found"):
        assert len({getattr(speak(language), name)() for language in LANGUAGES}) == len(LANGUAGES)


def test_foreign_text_is_shown_on_one_line_without_control_characters():
    text = Formats("en").text("Grand\nHotel \u202eevil\x1b[31m " + "x" * 500)
    assert text.startswith("Grand Hotel evil [31m x")
    assert len(text) == 300


def test_a_value_with_braces_is_text_and_no_placeholder():
    assert "{total}" in speak("en").failed({"detail": "{total}"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(sorted({*OFFER, *HOTEL, *ORDER, *BOOKING, "refund", "iata_code"}))


@given(
    st.sampled_from([t.kind for t in THINGS] + ["other"]),
    st.dictionaries(fields, json_values),
    st.sampled_from(LANGUAGES),
)
def test_no_odd_response_breaks_a_reply(kind: str, data: dict[str, Any], language: Language):
    assert Renderer(language).present([Thing(kind, data)])
    assert Renderer(language).answer(list(data.items())) or not data
