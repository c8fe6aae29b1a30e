"""Names and days of birth of one message, paired as they were told."""

from __future__ import annotations

import pytest

from agent.evidence.candidates import candidates
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from agent.evidence.travellers import Traveller, pairs, party, travellers, written
from tests.agent.booking import NOW, rule

READER = Reader([])


def heard(*messages: str) -> Evidence:
    evidence = Evidence()
    for number, text in enumerate(messages, 1):
        reading = READER.read_message(text, f"m{number}", NOW, evidence)
        evidence = evidence.plus(reading.facts, UserText(f"m{number}", text))
    return evidence


def told(*messages: str) -> list[tuple[str, str, str]]:
    return [(*one.names[0], one.born) for one in travellers(heard(*messages), NOW)]


ADA, BO = ("Ada", "Lovelace", "1985-12-10"), ("Bo", "Diddley", "1990-05-03")


@pytest.mark.parametrize(
    "said",
    [
        "Ada Lovelace, 10 December 1985; Bo Diddley, 3 May 1990. ada@example.com",
        "Ada Lovelace born 10 December 1985 and Bo Diddley born 3 May 1990",
        "born 10 December 1985: Ada Lovelace, born 3 May 1990: Bo Diddley",
        "The first one for Ada Lovelace (10.12.1985) and Bo Diddley (3.5.1990) please",
    ],
)
def test_take_turns(said: str) -> None:
    assert told(said) == [ADA, BO]


@pytest.mark.parametrize(
    "said",
    [
        "Ada Lovelace, born 10 December 1985",
        "Ada Lovelace and Bo Diddley, born 10 December 1985 and 3 May 1990",
        "Ada Lovelace, Bo Diddley",
        "Ada Lovelace, 10 December 1985; Bo Diddley",
        "10 December 1985 and 3 May 1990",
    ],
)
def test_nothing_says_who_was_born_when(said: str) -> None:
    assert told(said) == []


def test_a_day_of_travel_is_no_day_of_birth() -> None:
    said = "On 5 May 2027 for Ada Lovelace, 10 December 1985, and Bo Diddley, 3 May 1990"
    assert told(said) == [ADA, BO]


def test_the_newest_message_with_names_counts() -> None:
    first = "Ada Lovelace, 10 December 1985; Bo Diddley, 3 May 1990"
    assert told(first, "no, the third one") == [ADA, BO]
    assert told(first, "rather for Cy Twombly, 25 April 1988") == []


def test_a_name_of_three_parts_is_parted_in_every_way() -> None:
    text = "José Luis García, 10 December 1985; Bo Diddley, 3 May 1990"
    evidence = Evidence().plus(READER.read_message(text, "m1", NOW, Evidence()).facts)
    first, _ = travellers(evidence, NOW)
    assert isinstance(first, Traveller)
    assert set(first.names) == {("José Luis", "García"), ("José", "Luis García")}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["for Tom Berg"], {"Tom Berg"}),
        (["for Tom Berg", "no, for Charlotte Brown"], {"Tom Berg", "Charlotte Brown"}),
        (["first name Tom, last name Berg"], {"Tom Berg"}),
        (["for Ada Lovelace", "first name Tom, last name Berg"], {"Ada Lovelace", "Tom Berg"}),
    ],
)
def test_names_go_together_as_they_were_told(messages: list[str], expected: set[str]) -> None:
    evidence = Evidence()
    for number, text in enumerate(messages, 1):
        facts = READER.read_message(text, f"m{number}", NOW, evidence).facts
        evidence = evidence.plus(facts, UserText(f"m{number}", text))
    given, family = (
        candidates(rule("name", vocabulary=part), evidence, NOW)
        for part in ("given_name", "family_name")
    )
    assert {f"{one.value} {other.value}" for one, other in pairs(given, family)} == expected


class TestAParty:
    @pytest.mark.parametrize(
        "said",
        [
            ("a hotel in Porto for Mia Olsen and Lena Olsen", "the second one, mia@example.dk"),
            ("My sister and I want a hotel", "the third one, Mia Olsen and Lena Olsen please"),
            ("two adults", "for three", "for two: Mia Olsen, Lena Olsen"),
        ],
    )
    def test_is_everybody_where_so_many_were_counted(self, said: tuple[str, ...]) -> None:
        assert party(heard(*said)) == [(("Mia", "Olsen"),), (("Lena", "Olsen"),)]

    @pytest.mark.parametrize(
        "said",
        [
            ("a hotel for three", "Mia Olsen and Lena Olsen"),
            ("a hotel for two adults and a child", "Mia Olsen and Lena Olsen"),
            ("a hotel for two", "Mia Olsen"),
            ("a hotel for Mia Olsen and Lena Olsen", "no, for Tom Berg"),
            ("Mia Olsen and Lena Olsen",),
        ],
    )
    def test_is_nobody_where_it_is_not_clear_who_they_are(self, said: tuple[str, ...]) -> None:
        assert party(heard(*said)) == []

    @pytest.mark.parametrize(
        "added",
        ["and Lena Olsen", "und Lena Olsen", "y Lena Olsen", "plus Lena Olsen", "+ Lena Olsen"],
    )
    def test_may_be_named_one_by_one(self, added: str) -> None:
        said = ("a hotel for two", "Mia Olsen, mia@example.dk", added)
        assert party(heard(*said)) == [(("Mia", "Olsen"),), (("Lena", "Olsen"),)]

    @pytest.mark.parametrize("other", ["Lena Olsen", "no, for Lena Olsen", "Mia Ohlsen", "and tea"])
    def test_is_not_made_of_those_who_took_the_place_of_others(self, other: str) -> None:
        assert party(heard("a hotel for two", "Mia Olsen, mia@example.dk", other)) == []

    def test_may_have_names_that_part_in_several_ways(self) -> None:
        _, other = party(heard("for two: Tom Berg and Anna Maria Lopez"))
        assert other == (("Anna", "Maria Lopez"), ("Anna Maria", "Lopez"))


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Ada Lovelace, ada@example.com", ["Ada|Lovelace"]),
        ("for Ada Lovelace and Bo Diddley please", ["Ada|Lovelace", "Bo|Diddley"]),
        ("Perfect, first one. Callum Drummond", ["Callum|Drummond"]),
        ("Book Ada Lovelace", ["Ada|Lovelace"]),
        ("my name is Ana García Pons", ["Ana García Pons"]),
        ("name: Anne-Marie Berg", ["Anne-Marie|Berg"]),
        ("for Ada", []),
        ("a room in Berlin", []),
    ],
)
def test_people_named_in_full_are_written_in_their_parts(said: str, names: list[str]) -> None:
    assert written(heard(said).facts) == names


def test_the_name_of_what_was_shown_is_nobodys() -> None:
    chosen = Fact("entity", "htl_1", "result", "c1/data/0/id", "Harbour House", entity="hotel")
    said = "i go for Harbour House, it is for Ada Lovelace"
    assert written((*heard(said).facts, chosen)) == ["Ada|Lovelace"]
