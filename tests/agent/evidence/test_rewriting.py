"""What the user said, written in the form that an API asks for, is not made up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.evidence.facts import Evidence, UserText
from agent.evidence.grounding import Grounded, ground
from agent.evidence.numerals import numerals
from agent.evidence.reader import Reader
from agent.evidence.regions import regions_of
from tools.spec import ValueKind, ValueRule

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
READER = Reader(())


def said(text: str) -> Evidence:
    reading = READER.read_message(text, "m1", NOW, Evidence())
    return Evidence().plus(reading.facts, UserText("m1", text))


def is_grounded(value: str | float, kind: ValueKind, text: str, unit: str | None = None) -> bool:
    entity = "thing" if kind == "entity" else None
    rule = ValueRule(kind=kind, sources=frozenset({"user"}), entity=entity, unit=unit)
    return isinstance(ground(value, rule, said(text), NOW), Grounded)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2027-03-03", "a room from March 3rd, 2027"),
        ("03/03/2027", "a room from March 3rd, 2027"),
        ("12/31/2027", "on 31 December 2027"),
        ("31-12-2027", "on 31 December 2027"),
        ("Mar.10,2027", "on 2027.3.10"),
        ("10 March 2027", "am 10. März"),
        ("2027-03-10 15:00", "on the 10th of March at 3 in the afternoon"),
        ("2027-03-10T15:00:00Z", "on the 10th of March at 3 in the afternoon"),
        ("20:00", "a table at 8 in the evening"),
        ("8 PM", "a table at 20:00"),
        ("San Francisco, CA", "hotels in San Francisco"),
        ("San Francisco, California", "hotels in San Francisco please"),
        ("Los Angeles, CA", "a bus to LA"),
        ("New York City, NY", "a hotel in New York"),
        ("Tel Aviv, Israel", "the weather in Tel Aviv"),
        ("Naples, FL", "the weather in Naples, Florida"),
        ("Hyderabad, India", "the weather in Hyderabad"),
        ("Berlin", "ein Flug nach BER"),
        ("GB", "the weather in London"),
        ("Florida", "sights in Miami"),
        ("one_way", "a one-way ticket"),
        ("koln hbf", "vom Köln Hbf"),
    ],
)
def test_a_text_in_another_form_is_grounded_by_what_was_said(value: str, text: str):
    assert is_grounded(value, "text", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2027-03-04", "a room from March 3rd, 2027"),
        ("04/03/2027", "a room from March 3rd, 2027"),
        ("2027-03-10 16:00", "on the 10th of March at 3 in the afternoon"),
        ("21:00", "a table at 8 in the evening"),
        ("San Francisco, TX", "hotels in San Francisco"),
        ("San Jose, CA", "hotels in San Francisco"),
        ("Tel Aviv, Jordan", "the weather in Tel Aviv"),
        ("FR", "the weather in London"),
        ("Texas", "sights in Miami"),
        ("or", "a bus to Portland"),
        ("round_trip", "a one-way ticket"),
        ("", "anything"),
        (", CA", "hotels in San Francisco"),
        ("x" * 500, "hotels in San Francisco"),
    ],
)
def test_a_text_that_says_more_or_something_else_is_not(value: str, text: str):
    assert not is_grounded(value, "text", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a base of 10 units", 10),
        ("a group of 5.", 5),
        ("at $10,000 for 3 years", 10_000),
        ("an interest rate of 5%", 0.05),
        ("a population of 1.2 million", 1_200_000),
        ("revenues of $1M", 1_000_000),
        ("at (40.7128, -74.0060)", -74.006),
        ("the points 3,4,5", 4),
        ("for the next three hours", 3),
    ],
)
def test_a_number_that_counts_nothing_in_particular_is_grounded_wherever_it_stands(
    text: str, value: float
):
    assert value in numerals(text)
    assert is_grounded(value, "number", text)


def test_an_hour_is_grounded_by_a_time():
    assert is_grounded(23, "integer", "open until 11 PM")
    assert not is_grounded(22, "integer", "open until 11 PM")


def test_a_number_of_something_is_not_grounded_by_the_digits_of_a_date():
    assert not is_grounded(3, "integer", "a room from 3 March", unit="room")
    assert is_grounded(3, "integer", "a room from 3 March")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (345, "the employee whose ID is 345"),
        ("12345-67890", "when will id 12345-67890 be ready"),
        ("zz top", "the dashboard 'zz top'"),
        ("adriel", "the stack of id adriel"),
    ],
)
def test_an_id_that_the_user_typed_is_grounded(value: str | float, text: str):
    assert is_grounded(value, "entity", text)


def test_a_word_is_no_id_by_itself():
    assert not is_grounded("hotel", "entity", "the hotel please")


def test_a_city_lies_in_its_state_and_country_by_name_and_code():
    assert {"california", "ca", "us", "united states", "vereinigte staaten"} <= regions_of("SFO")
    assert {"oregon", "maine"} <= regions_of("Portland")
    assert "tx" not in regions_of("SFO")
    assert regions_of("Nowhere in particular") == frozenset()
