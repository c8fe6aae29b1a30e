from dataclasses import replace
from typing import Any

import pytest

import agent.known
from agent.evidence.candidates import CHOSEN
from agent.evidence.facts import Evidence, Fact, UserText
from agent.known import Known
from agent.needs import Need
from tests.agent.booking import BOOK, NOW, PERSON, PING, SEARCH, TRIP, offer, rule, said, user


def gap(tool: Any, *facts: Fact) -> Any:
    return Need.of(tool).gap(Known(said(*facts), NOW))


class TestNeed:
    def test_of_a_search_is_what_the_user_must_say(self) -> None:
        need = Need.of(SEARCH)
        assert set(need.user) == {"origin", "destination", "departure_date"}
        assert need.ids == ()

    def test_of_a_booking_is_an_id_and_what_the_user_must_say(self) -> None:
        need = Need.of(BOOK)
        assert set(need.user) == {"given_name", "born_on", "contact_email"}
        assert [one.entity for one in need.ids] == ["flight_offer"]

    def test_of_a_tool_that_requires_nothing_is_nothing(self) -> None:
        assert Need.of(PING) == Need({}, ())


class TestGap:
    def test_names_what_was_not_said(self) -> None:
        assert gap(SEARCH).names == ("origin", "destination", "departure_date")
        assert gap(SEARCH, *TRIP).names == ()
        assert gap(BOOK, offer("off_a")).names == ("given_name", "born_on", "contact_email")

    def test_a_tool_is_begun_once_some_of_it_was_said(self) -> None:
        assert "begun" not in gap(SEARCH).marks
        assert "begun" in gap(SEARCH, user("place", "BER")).marks

    def test_a_booking_is_begun_by_an_offer_and_not_by_a_name(self) -> None:
        assert "begun" not in gap(BOOK, *PERSON).marks
        assert "begun" in gap(BOOK, offer("off_a")).marks

    def test_a_booking_is_chosen_when_its_offer_was_singled_out(self) -> None:
        chosen = replace(offer("off_a"), vocabulary=CHOSEN, source="result", ref="m1:0-5")
        assert "chosen" not in gap(BOOK, offer("off_a")).marks
        assert "chosen" in gap(BOOK, offer("off_a"), offer("off_b"), chosen).marks


class TestIsMeant:
    """An offer that was singled out in the message before; what the newest one (m1) says."""

    CHOSEN_BEFORE = replace(offer("off_a"), vocabulary=CHOSEN, unit="m0")

    def of(self, *facts: Fact, spent: tuple[str, ...] = ()) -> bool:
        known = Known(said(offer("off_a"), self.CHOSEN_BEFORE, *facts), NOW)
        return Need.of(BOOK).is_meant(known, spent)

    def test_once_a_person_has_given_the_last_of_what_it_needs(self) -> None:
        assert self.of(*PERSON)
        assert not self.of(*PERSON, spent=("off_a",))

    @pytest.mark.parametrize("left_out", range(len(PERSON)))
    def test_is_not_as_long_as_something_lacks(self, left_out: int) -> None:
        assert not self.of(*(fact for at, fact in enumerate(PERSON) if at != left_out))

    def test_is_not_by_a_message_that_gives_nothing_of_it(self) -> None:
        before = [replace(fact, ref="m0:0-1") for fact in PERSON]
        assert not self.of(*before)


class TestUnsettled:
    def of(self, tool: Any, *facts: Fact) -> set[str]:
        return {*Need.of(tool).unsettled(Known(said(*facts), NOW))}

    def test_is_nothing_of_a_booking_before_a_result_gave_its_offer(self) -> None:
        assert self.of(BOOK, *PERSON) == set()
        assert self.of(BOOK, offer("off_a")) == {"given_name", "born_on", "contact_email"}

    def test_is_no_address_that_was_just_given_alone(self) -> None:
        [mail] = [fact for fact in PERSON if fact.kind == "email"]
        assert self.of(BOOK, offer("off_a"), mail) == {"given_name", "born_on"}
        other = user("email", "ada@example.org")
        assert "contact_email" in self.of(BOOK, offer("off_a"), *PERSON, other)

    def test_is_nothing_of_a_person_who_told_all_at_once(self) -> None:
        assert self.of(BOOK, offer("off_a"), *PERSON) == set()

    @pytest.mark.parametrize("left_out", range(len(PERSON)))
    def test_is_a_name_or_a_birthday_where_something_beside_it_lacks(self, left_out: int) -> None:
        told = [fact for at, fact in enumerate(PERSON) if at != left_out]
        assert {"given_name", "born_on"} <= self.of(BOOK, offer("off_a"), *told)

    def test_is_what_two_people_told(self) -> None:
        friend = user("name", "Bo")
        assert {"given_name", "born_on"} <= self.of(BOOK, offer("off_a"), *PERSON, friend)

    def test_is_what_was_said_of_a_search(self) -> None:
        assert self.of(SEARCH, *TRIP) == {"origin", "destination", "departure_date"}


class TestOpenQuestions:
    def of(self, *facts: Fact) -> set[str]:
        later = said(*facts).plus((), UserText("m2", "the second one"))
        return {*Need.of(BOOK).open_questions(Known(later, NOW))}

    def test_are_none_about_the_one_traveller_of_the_conversation(self) -> None:
        assert self.of(offer("off_a"), *PERSON) == set()

    def test_are_what_nobody_said(self) -> None:
        assert self.of(offer("off_a"), *PERSON[:2]) == {"contact_email"}

    def test_are_what_was_said_in_several_ways(self) -> None:
        other = user("email", "bob@example.org")
        assert self.of(offer("off_a"), *PERSON, other) == {"contact_email"}

    @pytest.mark.parametrize(
        ("count", "unit", "several"),
        [(2, "adult", True), (1, "adult", False), (1, "child", True), (0, "infant", False)],
    )
    def test_are_all_that_is_unsettled_of_several_travellers(
        self, count: int, unit: str, several: bool
    ) -> None:
        asked = self.of(offer("off_a"), *PERSON, user("integer", count, unit=unit))
        assert asked == ({"given_name", "born_on", "contact_email"} if several else set())


class TestKnown:
    def test_offers_newest_first_and_each_value_once(self) -> None:
        evidence = said(user("place", "BER"), user("place", "PAR"), user("place", "BER"))
        values = [fact.value for fact in Known(evidence, NOW).facts(rule("place"))]
        assert values == ["BER", "PAR"]

    def test_what_expired_is_not_offered(self) -> None:
        entity = rule("entity", "result", entity="flight_offer")
        known = Known(said(offer("off_old", minutes=0), offer("off_new")), NOW)
        assert [fact.value for fact in known.facts(entity)] == ["off_new"]

    def test_asks_the_evidence_once_for_rules_that_are_alike(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[Any] = []

        def counted(*arguments: Any) -> tuple[Fact, ...]:
            asked.append(arguments)
            return ()

        monkeypatch.setattr(agent.known, "candidates", counted)
        known = Known(said(*TRIP), NOW)
        for terms in ({}, {"a": ("b",)}):
            known.facts(rule("place", terms=terms))
        known.facts(rule("date"))
        assert len(asked) == 2

    def test_just_said_means_by_the_newest_message(self) -> None:
        old, new = user("place", "BER"), replace(user("place", "PAR"), ref="m2:0-3")
        evidence = Evidence().plus([old], UserText("m1", "BER")).plus([new], UserText("m2", "PAR"))
        known = Known(evidence, NOW)
        assert known.just_said(new)
        assert not known.just_said(old)
        assert not Known(Evidence(), NOW).just_said(old)
