"""Slips: values that are nearly right, as a model that copies gets them wrong."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.spec import ValueKind
from training.annotate.slips import invented, slip

HEARD = (
    "a lighthouse for Noel Okafor, born 21 May 1985",
    "c1 search: 2 results\noff_wfjanfj4 2027-03-13\noff_idwik2np 2027-03-14",
)
OTHERS = ("Noel", "Okafor", "noel.okafor@example.org", "1985-05-21", "BER")
seeds = st.integers(0, 2**32)


def slips(text: str, kind: ValueKind) -> set[str]:
    """What 300 throws make of a text."""
    return {slip(text, kind, OTHERS, HEARD, Random(seed)) for seed in range(300)}


@given(
    st.text(min_size=1, max_size=30),
    st.sampled_from(["name", "email", "entity", "place", "text", "date", "term"]),
    st.lists(st.text(max_size=20), max_size=4),
    st.lists(st.text(max_size=60), max_size=3),
    seeds,
)
def test_a_slip_is_never_the_right_text(
    text: str, kind: ValueKind, others: list[str], heard: list[str], seed: int
):
    assert slip(text, kind, others, heard, Random(seed)) != text


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), seeds)
def test_a_day_becomes_another_day(day: date, seed: int):
    made = slip(day.isoformat(), "date", OTHERS, HEARD, Random(seed))
    assert date.fromisoformat(made) != day


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("email", "noel.okafor@example.org", "okafor@example.org"),
        ("email", "quill7@example.org", "noelokafor@example.org"),
        ("name", "Harriet", "Okafor"),
        ("name", "Harriet", "Harr"),
        ("entity", "off_wfjanfj4", "off_idwik2np"),
        ("entity", "off_wfjanfj4", "off"),
        ("entity", "off_wfjanfj4", "off_id"),
        ("date", "2027-03-13", "2027-03-14"),
        ("date", "2027-03-13", "1985-05-21"),
        ("place", "LIS", "SIL"),
    ],
)
def test_the_ways_in_which_a_model_was_seen_to_slip(kind: ValueKind, text: str, expected: str):
    assert expected in slips(text, kind)


def test_a_word_of_the_talk_may_stand_for_a_name():
    heard = HEARD[:1]
    found = {slip("Noel", "name", (), heard, Random(seed)) for seed in range(300)}
    assert "lighthouse" in found


def test_a_code_that_was_typed_may_stand_for_an_id():
    heard = ("Cancel K7PQ2M, PLEASE",)
    found = {slip("ord_wfjanfj4", "entity", (), heard, Random(seed)) for seed in range(300)}
    assert "K7PQ2M" in found


def test_what_nothing_is_known_for_gets_its_own_name_or_a_code():
    found = {invented("order_id", ("cancel K7PQ2M",), Random(seed)) for seed in range(100)}
    assert {"order_id", "order", "not_possible", "K7PQ2M"} < found
