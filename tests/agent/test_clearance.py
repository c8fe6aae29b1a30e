from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.acts import reply_acts
from agent.calls import Cleared, ProposedCall, Rejected
from agent.clearance import Policy, clear, holds, leaves, signature
from agent.evidence.facts import Evidence
from tests.agent.booking import BOOK, BY_NAME, NOW, PERSON, SEARCH, TOOLS, TRIP, offer, said, user
from tools.spec import Relation

POLICY = Policy(NOW)
EVIDENCE = said(*TRIP, *PERSON, offer("off_a"), text="Ada wants BER to PAR")
TRIP_ARGUMENTS = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
BOOK_ARGUMENTS: dict[str, Any] = {
    "offer_id": "off_a",
    "passengers": [{"given_name": "Ada", "born_on": "1990-05-12"}],
    "contact_email": "ada@example.com",
}


def judge(
    name: str, arguments: Any, evidence: Evidence = EVIDENCE, policy: Policy = POLICY
) -> Cleared | Rejected:
    return clear(ProposedCall("c1", name, arguments), BY_NAME, evidence, policy)


def faults(verdict: Cleared | Rejected) -> list[tuple[str, str]]:
    assert isinstance(verdict, Rejected)
    return [(fault.code, fault.pointer) for fault in verdict.rejections]


def test_a_call_of_known_values_is_cleared_with_the_origin_of_each() -> None:
    verdict = judge("book_flight", BOOK_ARGUMENTS)
    assert isinstance(verdict, Cleared)
    assert verdict.tool is BOOK
    assert verdict.provenance["/offer_id"].source == "result"
    assert verdict.provenance["/offer_id"].ref == "c1/data/0/off_a"
    assert verdict.provenance["/passengers/0/born_on"].source == "user"
    assert set(verdict.provenance) == {pointer for pointer, _ in leaves(BOOK_ARGUMENTS)}


def test_a_default_is_its_own_source() -> None:
    verdict = judge("search_flights", {**TRIP_ARGUMENTS, "adults": 1})
    assert isinstance(verdict, Cleared)
    assert verdict.provenance["/adults"].source == "default"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("search_trains", TRIP_ARGUMENTS, [("unknown_tool", "")]),
        ("search_flights", [], [("malformed", "")]),
        ("search_flights", {**TRIP_ARGUMENTS, "seat": 1}, [("unknown_parameter", "/seat")]),
        ("search_flights", {"origin": "BER", "destination": "PAR"},
         [("missing_parameter", "/departure_date")]),
        ("search_flights", {**TRIP_ARGUMENTS, "adults": "two"}, [("wrong_type", "/adults")]),
        ("search_flights", {**TRIP_ARGUMENTS, "origin": "ROM"}, [("ungrounded_value", "/origin")]),
        ("search_flights", {**TRIP_ARGUMENTS, "destination": "BER"},
         [("invalid_value", "/destination")]),
        ("search_flights", {**TRIP_ARGUMENTS, "departure_date": "2027-03-07",
                            "return_date": "2027-03-03"}, [("invalid_value", "/return_date")]),
        ("book_flight", {**BOOK_ARGUMENTS, "offer_id": "off_b"}, [("foreign_id", "/offer_id")]),
        ("book_flight", {**BOOK_ARGUMENTS, "contact_email": "ada"},
         [("invalid_value", "/contact_email"), ("ungrounded_value", "/contact_email")]),
        ("book_flight", {**BOOK_ARGUMENTS, "passengers": [{"given_name": "Ada", "age": 3}]},
         [("unknown_parameter", "/passengers/0/age"),
          ("missing_parameter", "/passengers/0/born_on")]),
    ],
)  # fmt: skip
def test_each_fault_has_its_code_and_its_place(
    name: str, arguments: Any, expected: list[tuple[str, str]]
) -> None:
    assert sorted(faults(judge(name, arguments))) == sorted(expected)


def test_every_fault_is_named_not_only_the_first() -> None:
    arguments = {"origin": "ROM", "destination": 7, "seat": "12A", "cabin_class": "royal"}
    assert sorted(faults(judge("search_flights", arguments))) == [
        ("invalid_value", "/cabin_class"),
        ("missing_parameter", "/departure_date"),
        ("ungrounded_value", "/cabin_class"),
        ("ungrounded_value", "/origin"),
        ("unknown_parameter", "/seat"),
        ("wrong_type", "/destination"),
    ]


def test_a_rejection_says_what_is_allowed() -> None:
    verdict = judge("search_flights", {**TRIP_ARGUMENTS, "origin": "ROM"})
    assert isinstance(verdict, Rejected)
    assert "BER" in verdict.rejections[0].message
    unknown = judge("search_flight", TRIP_ARGUMENTS)
    assert isinstance(unknown, Rejected)
    assert "search_flights" in unknown.rejections[0].message


def test_an_expired_id_is_foreign() -> None:
    evidence = said(*PERSON, offer("off_a", minutes=-1), text="Ada")
    assert faults(judge("book_flight", BOOK_ARGUMENTS, evidence)) == [("foreign_id", "/offer_id")]


def test_the_same_call_again_is_a_duplicate_whatever_the_order_of_its_keys() -> None:
    policy = Policy(NOW, executed=frozenset({signature(SEARCH, TRIP_ARGUMENTS)}))
    again = {**dict(reversed(TRIP_ARGUMENTS.items())), "adults": 1}
    assert faults(judge("search_flights", again, policy=policy)) == [("duplicate_call", "")]


class TestWrites:
    def test_may_be_proposed_before_they_are_approved(self) -> None:
        assert isinstance(judge("book_flight", BOOK_ARGUMENTS), Cleared)

    def test_may_not_run_without_an_approval_of_exactly_these_arguments(self) -> None:
        other = {**BOOK_ARGUMENTS, "contact_email": "eve@example.com"}
        policy = Policy(NOW, approved=frozenset({signature(BOOK, other)}))
        found = faults(judge("book_flight", BOOK_ARGUMENTS, policy=policy))
        assert found == [("unapproved_write", "")]

    def test_run_once_approved(self) -> None:
        policy = Policy(NOW, approved=frozenset({signature(BOOK, BOOK_ARGUMENTS)}))
        assert isinstance(judge("book_flight", BOOK_ARGUMENTS, policy=policy), Cleared)


def test_replies_are_cleared_like_calls() -> None:
    acts = {act.name: act for act in reply_acts(TOOLS)}
    policy = Policy(NOW)
    asked = clear(ProposedCall("c1", "ask_user", {"about": ["origin"]}), acts, Evidence(), policy)
    assert isinstance(asked, Cleared)
    shown = clear(ProposedCall("c1", "present", {"result": "c9"}), acts, Evidence(), policy)
    assert faults(shown) == [("foreign_id", "/result")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.sampled_from(["search_flights", "book_flight", "ping", "nothing"]), JSON)
def test_any_json_gets_a_verdict(name: str, arguments: Any) -> None:
    verdict = judge(name, arguments)
    if isinstance(verdict, Rejected):
        assert verdict.rejections


@given(st.dictionaries(st.sampled_from([*TRIP_ARGUMENTS, "adults", "cabin_class"]), JSON))
def test_what_is_cleared_is_grounded_throughout(arguments: dict[str, Any]) -> None:
    verdict = judge("search_flights", {**TRIP_ARGUMENTS, **arguments})
    if isinstance(verdict, Cleared):
        values = {fact.value for fact in EVIDENCE.facts} | {1}
        for pointer, value in leaves(verdict.arguments):
            assert value in values
            assert pointer in verdict.provenance


def test_what_the_user_did_not_say_is_never_cleared() -> None:
    evidence = said(*TRIP, user("name", "Ada"), text="Ada")
    found = faults(judge("book_flight", BOOK_ARGUMENTS, evidence))
    assert ("ungrounded_value", "/contact_email") in found
    assert ("ungrounded_value", "/passengers/0/born_on") in found
    assert ("foreign_id", "/offer_id") in found


@pytest.mark.parametrize("pair", [({}, {}), ([1], ["a"]), ({"a": 1}, "2027-03-03"), (True, {})])
def test_a_relation_of_what_has_no_order_is_left_to_the_types(pair: tuple[Any, Any]) -> None:
    assert holds(Relation("after", "/return_date", "/departure_date"), *pair)
