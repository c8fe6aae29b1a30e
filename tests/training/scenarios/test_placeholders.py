"""Placeholders name ids in the newest result that shows enough of them."""

from __future__ import annotations

import pytest

from training.scenarios.placeholders import is_placeholder, resolved

OLD = "c1 search_flights: 2 results\noff_old BER\noff_older BER"
NEW = "c2 search_flights: 1 result\noff_new BER"
STAY = "c3 search_hotels: 1 result\nhtl_a Alpha rate_x 80.00 EUR rate_y 90.00 EUR"


@pytest.mark.parametrize(
    ("placeholder", "value"),
    [
        ("$offer", "off_new"),
        ("$offer1", "off_new"),
        ("$offer2", "off_older"),
        ("$rate2", "rate_y"),
        ("$hotel", "htl_a"),
        ("$result", "c3"),
        ("$5", "$5"),
        ("an $offer", "an $offer"),
    ],
)
def test_a_placeholder_is_the_id_it_names(placeholder: str, value: str):
    assert resolved(placeholder, [OLD, NEW, STAY]) == value


def test_they_are_found_inside_arguments():
    assert resolved({"id": "$offer", "of": ["$result"], "n": 2}, [NEW]) == {
        "id": "off_new", "of": ["c2"], "n": 2,
    }  # fmt: skip


def test_an_id_that_no_result_shows_is_an_error():
    with pytest.raises(LookupError, match="no result shows order number 1"):
        resolved("$order1", [OLD])


def test_a_failed_call_is_no_result():
    with pytest.raises(LookupError, match="no result shows result"):
        resolved("$result", ["c1 search_flights: unavailable: try again"])


def test_only_whole_texts_are_placeholders():
    assert is_placeholder("$cancellation1")
    assert not is_placeholder("cancellation")
    assert not is_placeholder(1)
