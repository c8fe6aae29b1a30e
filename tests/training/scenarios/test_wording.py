"""Phrases and values are written as people write them in their language."""

from __future__ import annotations

import json
import random
import string
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.evidence.lexicon import LANGUAGES, Language
from training.scenarios.wording import (
    Day,
    Place,
    Wording,
    capitalised,
    english_ordinal,
    phrases,
    typed,
)

MARCH = date(2027, 3, 3)


@pytest.mark.parametrize(
    ("name", "origin", "destination", "inside"),
    [
        ("Londra", "Londra'dan", "Londra'ya", "Londra'da"),
        ("İzmir", "İzmir'den", "İzmir'e", "İzmir'de"),
        ("Paris", "Paris'ten", "Paris'e", "Paris'te"),
        ("Münih", "Münih'ten", "Münih'e", "Münih'te"),
        ("Varşova", "Varşova'dan", "Varşova'ya", "Varşova'da"),
        ("São Paulo", "São Paulo'dan", "São Paulo'ya", "São Paulo'da"),
        ("Köln", "Köln'den", "Köln'e", "Köln'de"),
        ("Phoenix", "Phoenix'ten", "Phoenix'e", "Phoenix'te"),
        ("Bükreş", "Bükreş'ten", "Bükreş'e", "Bükreş'te"),
    ],
)
def test_turkish_places_take_case_endings(name: str, origin: str, destination: str, inside: str):
    place = Place(name, "tr")
    assert f"{place:from} {place:to} {place:in}" == f"{origin} {destination} {inside}"
    assert f"{place}" == name


def test_other_languages_have_no_case_endings():
    assert f"{Place('London', 'en'):from}" == "London"


@pytest.mark.parametrize(
    ("language", "pattern", "said"),
    [
        ("en", "d MMMM y", "3 March 2027"),
        ("de", "d. MMMM y", "3. März 2027"),
        ("es", "d 'de' MMMM 'de' y", "3 de marzo de 2027"),
        ("tr", "d MMMM y", "3 Mart 2027"),
    ],
)
def test_dates_are_written_by_the_patterns_of_the_cldr(language: Language, pattern: str, said: str):
    assert f"{Day(MARCH, language):{pattern}}" == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd")]
)
def test_english_ordinals(number: int, said: str):
    assert english_ordinal(number) == said


class TestStyle:
    @given(st.text(string.printable), st.sampled_from(LANGUAGES))
    def test_with_care_nothing_changes(self, text: str, language: Language):
        assert typed(text, "plain", language) == text

    def test_small_letters_are_those_of_the_language(self):
        assert typed("İzmir'e IŞIK", "lower", "tr") == "izmir'e ışık"
        assert typed("From ROME", "lower", "en") == "from rome"

    def test_without_accents(self):
        assert typed("Uçuş İzmir'e, ılık", "ascii", "tr") == "Ucus Izmir'e, ilik"

    def test_a_capital_i_has_its_dot_in_turkish_only(self):
        assert capitalised("ilkini", "tr") == "İlkini"
        assert capitalised("in Rome", "en") == "In Rome"
        assert capitalised("", "en") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_say_every_move(language: Language):
    assert phrases("test", "en").keys() <= phrases("test", language).keys()
    for move, said in phrases("test", language).items():
        assert len(said) >= 2, f"{move} is always said alike"
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stay_names_both_ends_or_the_first_with_its_nights(language: Language):
    wording, rng = Wording("test", language), random.Random(0)
    said = {wording.stay(date(2027, 4, 3), date(2027, 4, 6), rng) for _ in range(100)}
    assert all("3" in one for one in said)
    nights = wording.form("numbers")[2]
    assert all("6" in one or nights in one for one in said)


def test_one_night_is_never_counted():
    wording, rng = Wording("test", "en"), random.Random(0)
    said = {wording.stay(date(2027, 4, 3), date(2027, 4, 4), rng) for _ in range(100)}
    assert not any("night" in one for one in said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("button", "move"), [("offer", "take.id"), ("rate", "hotel.take_id")])
def test_what_the_buttons_of_the_page_say_is_taught(language: Language, button: str, move: str):
    page = files("service.page") / "static" / "i18n" / f"{language}.json"
    said = json.loads(page.read_text(encoding="utf-8"))[f"say.book_{button}"]
    taught = [one for split in ("train", "validation") for one in phrases(split, language)[move]]
    assert said.replace("{id}", f"{{{button}}}") in taught
