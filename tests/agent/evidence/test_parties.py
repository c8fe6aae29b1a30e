"""People that are named count as travellers where something is for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.evidence.parties import named_party

from .conftest import Read


def adults_of(read: Read, text: str) -> list[object]:
    return [fact.value for fact in read(text, "integer") if fact.unit == "adult"]


@pytest.mark.parametrize(
    ("text", "adults"),
    [
        ("a hotel in Porto for Mia Olsen and Lena Olsen from 3 to 5 March", 2),
        ("book it for Mia Olsen, Lena Olsen and Tom Berg please", 3),
        ("ein Hotel in Rom für Anna Müller und Jonas Weber vom 3. bis 5. März", 2),
        ("Ayşe Yılmaz ve Ali Kaya için Roma'da otel", 2),
        ("un hotel para Ana Gómez y Luis Pérez en Roma", 2),
        ("a hotel for Mia Olsen, and Lena pays", None),
        ("Mia Olsen and Lena Olsen say hello", None),
        ("for three people: Mia Olsen and Lena Olsen", 3),
    ],
)
def test_full_names_that_something_is_for_are_adults(read: Read, text: str, adults: int | None):
    assert adults_of(read, text) == ([adults] if adults else [])


def test_where_children_were_counted_nobody_knows_who_of_the_named_is_one(read: Read):
    assert adults_of(read, "a room for Mia Olsen and Lena Olsen and a child") == []


@given(
    st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)
)
def test_a_party_lies_within_the_names_it_counts(text: str, spans: list[tuple[int, int]]):
    names = [(start, end) for start, end in spans if start < end <= len(text)]
    found = named_party(text, names)
    if found is not None:
        start, end, count = found
        assert 2 <= count <= len(names)
        assert start in {one for one, _ in names}
        assert end in {one for _, one in names}
