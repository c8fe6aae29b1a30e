from datetime import timedelta

import pytest

from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.grounding import CHOSEN, TYPED_ID, candidates, ground
from agent.evidence.references import Listing, chosen
from tests.agent.booking import NOW, rule

ROWS = [{"offer_id": f"off_{n}", "total": {"amount": price, "currency": "EUR"}}
        for n, price in enumerate(("90.00", "70.00", "120.00"))]  # fmt: skip
OFFERS = [
    Fact("entity", f"off_{n}", "result", f"c1/data/{n}/offer_id", f"off_{n}",
         entity="flight_offer", expires_at=NOW + timedelta(minutes=30))
    for n in range(3)
]  # fmt: skip
SEEN = Evidence().plus(OFFERS)
OFFER_ID = rule("entity", "result", entity="flight_offer")


def ordinal(n: int, ref: str = "m2") -> Fact:
    return Fact("integer", n, "user", f"{ref}:0-5", "nth", unit="ordinal")


def offered(*facts: Fact, evidence: Evidence = SEEN) -> list[object]:
    found = chosen(facts, evidence, Listing("c1", ROWS))
    told = evidence.plus((*facts, *found), UserText("m2", "…"))
    return [fact.value for fact in candidates(OFFER_ID, told, NOW)]


@pytest.mark.parametrize(("n", "expected"), [(1, "off_0"), (3, "off_2")])
def test_an_ordinal_singles_out_a_row(n: int, expected: str) -> None:
    assert offered(ordinal(n)) == [expected]


def test_the_cheapest_is_found_by_its_total() -> None:
    cheapest = Fact("term", "price", "user", "m2:4-12", "cheapest", vocabulary="sort")
    assert offered(cheapest) == ["off_1"]


def test_a_typed_id_singles_out_what_a_result_showed() -> None:
    typed = Fact("text", "off_2", "user", "m2:11-16", "off_2", vocabulary=TYPED_ID)
    assert offered(typed) == ["off_2"]
    unknown = Fact("text", "off_9", "user", "m2:11-16", "off_9", vocabulary=TYPED_ID)
    assert len(offered(unknown)) == 3


def test_an_ordinal_beyond_the_list_singles_out_nothing() -> None:
    assert len(offered(ordinal(9))) == 3


def test_a_newer_choice_replaces_an_older_one() -> None:
    first = chosen([ordinal(1)], SEEN, Listing("c1", ROWS))
    assert first[0].vocabulary == CHOSEN
    evidence = SEEN.plus(first, UserText("m2", "…"))
    again = chosen([ordinal(2, "m3")], evidence, Listing("c1", ROWS))
    told = evidence.plus(again, UserText("m3", "…"))
    assert [fact.value for fact in candidates(OFFER_ID, told, NOW)] == ["off_1"]


def test_clearance_still_takes_any_offer_that_was_shown() -> None:
    told = SEEN.plus(chosen([ordinal(1)], SEEN, Listing("c1", ROWS)))
    assert ground("off_2", OFFER_ID, told, NOW).__class__.__name__ == "Grounded"
