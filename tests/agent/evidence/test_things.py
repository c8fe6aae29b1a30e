"""Words for kinds of things ("the hotel", "uçuşum"): ids of another kind are not meant then."""

from __future__ import annotations

import pytest

from agent.evidence.candidates import candidates
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from tests.agent.booking import NOW
from tools.mock.core.app import Settings
from tools.mock.flights.api import create_flights_app
from tools.mock.hotels.api import create_hotels_app
from tools.openapi import read_openapi
from tools.spec import THING

TOOLS = [
    tool
    for create, name in ((create_flights_app, "flights"), (create_hotels_app, "hotels"))
    for tool in read_openapi(create(Settings()).openapi(), api=name).tools
]
READER = Reader(TOOLS)
RULES = {
    tool.name: rule
    for tool in TOOLS
    for rule in tool.rules.values()
    if tool.name in {"quote_flight_cancellation", "quote_hotel_cancellation"}
}
BOOKED = Evidence().plus(
    [
        Fact("entity", "ord_1", "result", "c1/data/0/order_id", entity="flight_order"),
        Fact("entity", "hbk_1", "result", "c2/data/0/booking_id", entity="hotel_booking"),
    ]
)
FLIGHT, HOTEL = {"ord_1"}, {"hbk_1"}


def meant(*messages: str) -> set[object]:
    evidence = BOOKED
    for number, text in enumerate(messages, 1):
        reading = READER.read_message(text, f"m{number}", NOW, evidence)
        evidence = evidence.plus(reading.facts, UserText(f"m{number}", text))
    return {
        fact.value for rule in RULES.values() for fact in candidates(rule, evidence, NOW)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("cancel the hotel", HOTEL),
        ("oteli iptal et", HOTEL),
        ("odamı iptal edelim", HOTEL),
        ("Stornier bitte meine Hotelbuchung in Toronto", HOTEL),
        ("anula la habitación", HOTEL),
        ("cancel my flight, please", FLIGHT),
        ("uçuşumu iptal et", FLIGHT),
        ("storniere meinen Flug nach Rom", FLIGHT),
        ("cancela mi vuelo a Esmirna", FLIGHT),
        ("cancel both my flight and my hotel", FLIGHT | HOTEL),
        ("cancel my trip", FLIGHT | HOTEL),
        ("cancel it", FLIGHT | HOTEL),
    ],
)
def test_a_word_for_a_thing_means_no_other_thing(said: str, expected: set[object]) -> None:
    assert meant(said) == expected


def test_only_the_newest_message_counts() -> None:
    assert meant("I need a hotel", "cancel that") == FLIGHT | HOTEL


def test_words_for_things_are_neither_shown_to_the_model_nor_asked_of_the_user() -> None:
    facts = READER.read_message("cancel the hotel", "m1", NOW, Evidence()).facts
    [word] = [fact for fact in facts if fact.vocabulary == THING]
    assert (word.kind, word.value, word.entity) == ("text", "hotel", "hotel_booking")


@pytest.mark.parametrize(
    ("said", "board"),
    [
        ("the second one with breakfast please", "breakfast"),
        ("the second one without breakfast", "room_only"),
        ("den zweiten mit Frühstück", "breakfast"),
        ("den zweiten ohne Frühstück", "room_only"),
        ("la segunda con media pensión", "half_board"),
        ("ikincisi, kahvaltılı olsun", "breakfast"),
    ],
)
def test_words_for_values_that_only_results_have_are_read(said: str, board: str) -> None:
    facts = READER.read_message(said, "m1", NOW, Evidence()).facts
    assert [f.value for f in facts if f.vocabulary == "board"] == [board]
