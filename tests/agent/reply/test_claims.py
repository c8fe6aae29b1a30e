"""What a freely phrased reply states must stand in the evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from agent.reply import LANGUAGES, unbacked


def texts(text: str, *values: object) -> list[str]:
    return [claim.text for claim in unbacked(text, values)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It costs €1,412.30.", "1412.30"),
        ("Es kostet 1.412,30 €.", "1412.30"),
        ("1 412,30 € au total", "1412.30"),
        ("You leave on March 3, 2027.", "2027-03-03"),
        ("You leave on 3 March 2027.", "2027-03-03"),
        ("You leave on March 3rd.", "2027-03-03"),
        ("Abflug am 3. März 2027", "2027-03-03"),
        ("Gidiş 3 Mart 2027 Çarşamba", "2027-03-03"),
        ("Sale el 3 de marzo de 2027", "2027-03-03"),
        ("GİDİŞ 3 MAYIS 2027", "2027-05-03"),
        ("gidis 3 mayis 2027", "2027-05-03"),
        ("It takes 1 day 8 hr 40 min.", "PT32H40M"),
        ("It takes 32 hr 40 min.", "P1DT8H40M"),
        ("03/04/2027", "2027-04-03"),
        ("03/04/2027", "2027-03-04"),
        ("It departs at 07:40.", "2027-03-03T07:40:00+01:00"),
        ("It departs at 2 pm.", "14:00"),
        ("It departs at 2:05 p.m.", "2027-03-03T14:05:00+01:00"),
        ("Your reference is QX7K2P.", "QX7K2P"),
        ("Offer off_ab12cd34 is taken.", "off_ab12cd34"),
        ("Fly LH 902", "LH902"),
        ("Write to ada@example.org", "Ada@example.org"),
        ("For 2 adults", 2),
        ("For 2 adults", "we are 2 people"),
        ("4.5 stars", 4.5),
    ],
)
def test_a_claim_is_backed_however_it_is_written(text: str, value: object):
    assert texts(text, value) == []


@pytest.mark.parametrize(
    ("text", "value", "claim"),
    [
        ("It costs €1,421.30.", "1412.30", "1,421.30"),
        ("You leave on March 4, 2027.", "2027-03-03", "March 4, 2027"),
        ("You leave on March 3, 2028.", "2027-03-03", "March 3, 2028"),
        ("It departs at 08:40.", "2027-03-03T07:40:00+01:00", "08:40"),
        ("It departs at 2 am.", "14:00", "2 am"),
        ("Your reference is QX7K2Q.", "QX7K2P", "QX7K2Q"),
        ("Offer off_zz12cd34 is taken.", "off_ab12cd34", "off_zz12cd34"),
        ("Write to eve@example.org", "ada@example.org", "eve@example.org"),
        ("For 3 adults", True, "3"),
    ],
)
def test_a_claim_that_nothing_holds_is_found(text: str, value: object, claim: str):
    assert texts(text, value) == [claim]


def test_claims_come_with_kind_and_offsets_in_text_order():
    text = "On 2027-03-03 you pay 99.00 under QX7K2P."
    claims = unbacked(text, [])
    assert [c.kind for c in claims] == ["date", "number", "reference"]
    assert all(text[c.start : c.end] == c.text for c in claims)


def test_list_markers_claim_nothing():
    assert texts("1. Berlin\n2. Paris\n  3) Rome") == []


def test_a_date_ends_with_its_line():
    """ "Nis" is April in Turkish, and Nice."""
    assert texts("UX 1798 · 26 Temmuz\n27\nNis (NCE)", "UX1798", "2027-07-26", 27) == []


def test_words_claim_nothing():
    assert texts("Good morning, the hotel in Berlin has a pool and IATA knows it.") == []


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(LANGUAGES),
    st.sampled_from(["full", "long"]),
)
def test_every_long_date_of_every_language_is_read_back(day: date, language: str, style: str):
    text = format_date(day, style, locale=language)
    assert texts(text, day) == []
    assert texts(text, "1999-01-01") != []


@given(
    st.decimals(0, 999_999, places=2, allow_nan=False, allow_infinity=False),
    st.sampled_from(LANGUAGES),
)
def test_every_amount_of_every_language_is_read_back(amount: Decimal, language: str):
    assert texts(format_currency(amount, "EUR", locale=language), str(amount)) == []


@given(st.text(), st.lists(st.text() | st.integers() | st.floats() | st.none()))
def test_any_text_is_read_without_error(text: str, values: list[object]):
    for claim in unbacked(text, values):
        assert text[claim.start : claim.end] == claim.text
