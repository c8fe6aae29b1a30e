from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.acts import (
    MAX_CALLS,
    act_text,
    is_reply,
    is_required,
    parse_act,
    reply_acts,
    user_parameters,
)
from agent.calls import ProposedCall, Rejected
from tests.agent.booking import BOOK, SEARCH, TOOLS

# What JSON texts carry: no lone surrogates, and integers that fit 64 bits.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text
scalars |= st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=8
)
calls = st.tuples(text, st.dictionaries(text, values, max_size=4))


@settings(max_examples=40)
@given(act=st.lists(calls, min_size=1, max_size=MAX_CALLS), first=st.integers(1, 999))
def test_an_act_reads_back_as_the_calls_it_was_written_from(
    act: list[tuple[str, dict[str, Any]]], first: int
) -> None:
    expected = tuple(
        ProposedCall(f"c{first + number}", name, arguments)
        for number, (name, arguments) in enumerate(act)
    )
    assert parse_act(act_text(act), first) == expected


def test_one_call_is_one_compact_line() -> None:
    act = [("find", {"on": "2027-03-03"}), ("see", {})]
    assert act_text(act) == (
        '{"name":"find","arguments":{"on":"2027-03-03"}}\n{"name":"see","arguments":{}}'
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "at least one call"),
        ("hello", "not JSON"),
        ("[]", "expected {"),
        ('{"name":"a"}', "expected {"),
        ('{"name":"a","arguments":{},"id":1}', "expected {"),
        ('{"name":1,"arguments":{}}', "must be a string"),
        ('{"name":"a","arguments":' + "[" * 99 + "]" * 99 + "}", "nested deeper"),
        ('{"name":"a","arguments":{}}\nand', "not JSON"),
        ("\n".join(['{"name":"a","arguments":{}}'] * (MAX_CALLS + 1)), "at most"),
    ],
)
def test_what_is_no_act_is_malformed_and_says_why(written: str, message: str) -> None:
    verdict = parse_act(written, 3)
    assert isinstance(verdict, Rejected)
    assert [fault.code for fault in verdict.rejections] == ["malformed"]
    assert message in verdict.rejections[0].message


@given(st.text())
def test_any_text_is_an_act_or_malformed(written: str) -> None:
    verdict = parse_act(written, 1)
    assert isinstance(verdict, Rejected) or 1 <= len(verdict) <= MAX_CALLS


def test_there_are_five_replies_and_none_is_a_tool() -> None:
    replies = reply_acts(TOOLS)
    assert [act.name for act in replies] == ["ask_user", "present", "answer", "decline", "finish"]
    assert all(map(is_reply, replies))
    assert not any(map(is_reply, TOOLS))
    assert {act.effect for act in replies} == {"read"}


def test_the_user_can_be_asked_for_what_tools_require_of_a_user() -> None:
    asked = reply_acts([SEARCH, BOOK])[0].parameters["properties"]["about"]["items"]["enum"]
    assert asked == [
        "born_on", "contact_email", "departure_date", "destination", "given_name", "origin",
    ]  # fmt: skip
    assert set(asked) == set(user_parameters([SEARCH, BOOK]))
    assert reply_acts([])[0].parameters["properties"]["about"]["items"]["enum"] == ["wish"]


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/offer_id", True), ("/passengers/*/given_name", True), ("/passengers/*/nickname", False),
        ("/nothing", False),
    ],
)  # fmt: skip
def test_a_leaf_is_required_when_every_parent_is(pointer: str, expected: bool) -> None:
    assert is_required(BOOK.parameters, pointer) is expected
