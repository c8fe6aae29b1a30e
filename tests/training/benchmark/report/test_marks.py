"""A fault is marked at the very key, value or gap that its pointer names, and nowhere else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.benchmark.records import Fault, FaultCode
from training.benchmark.report.marks import Parts, mark_call, mark_text

ARGUMENTS = {
    "origin": "IST",
    "passengers": [{"given_name": "Ada"}, {"given_name": "Alan", "born_on": "1912-06-23"}],
    "a/b": 1,
    "max~price": 9,
}


def fault(code: FaultCode, pointer: str) -> Fault:
    return Fault(code, 0, 0, "search_flights", pointer, "")


def marked(parts: Parts) -> list[str]:
    return [part.text for part in parts if part.faults]


def text(parts: Parts) -> str:
    return "".join(part.text for part in parts)


@pytest.mark.parametrize(
    ("code", "pointer", "expected"),
    [
        ("ungrounded_value", "/origin", ['"IST"']),
        ("ungrounded_value", "/passengers/1/given_name", ['"Alan"']),
        ("wrong_type", "/passengers/0", ['{"given_name": "Ada"}']),
        ("unknown_parameter", "/origin", ['"origin": "IST"']),
        ("invalid_value", "/a~1b", ["1"]),
        ("invalid_value", "/a/b", ["1"]),
        ("invalid_value", "/max~0price", ["9"]),
        ("invalid_value", "/passengers/7", [text(mark_call("", ARGUMENTS["passengers"], ())[1])]),
    ],
)
def test_pointer_leads_to_its_place(code: FaultCode, pointer: str, expected: list[str]) -> None:
    name, arguments = mark_call("search_flights", ARGUMENTS, [(0, fault(code, pointer))])
    assert marked(name) == []
    assert ["".join(line.split()) for line in marked(arguments)] == [
        "".join(line.split()) for line in expected
    ]


@pytest.mark.parametrize("code", ["unknown_tool", "unapproved_write", "duplicate_call"])
def test_fault_of_the_whole_call_marks_its_name(code: FaultCode) -> None:
    name, arguments = mark_call("fly", ARGUMENTS, [(3, fault(code, ""))])
    assert [(part.text, part.faults) for part in name] == [("fly", (3,))]
    assert marked(arguments) == []


def test_arguments_that_are_no_object_are_marked_whole() -> None:
    _, arguments = mark_call("fly", "IST", [(0, fault("malformed", ""))])
    assert marked(arguments) == ['"IST"']


def test_missing_parameter_is_said_in_the_object_that_lacks_it() -> None:
    missing = fault("missing_parameter", "/passengers/0/born_on")
    _, arguments = mark_call("book", ARGUMENTS, [(0, missing)])
    gap = next(part for part in arguments if part.absent)
    assert gap.text == '"born_on" is missing'
    before = text(arguments).partition(gap.text)[0]
    assert '"Ada"' in before
    assert '"Alan"' not in before


def test_missing_parameter_of_an_empty_object_is_said_too() -> None:
    _, arguments = mark_call("book", {}, [(0, fault("missing_parameter", "/offer_id"))])
    assert marked(arguments) == ['"offer_id" is missing']


def test_faults_inside_each_other_keep_both() -> None:
    faults = [
        (0, fault("wrong_type", "/passengers")),
        (1, fault("invalid_value", "/passengers/0/given_name")),
    ]
    _, arguments = mark_call("book", ARGUMENTS, faults)
    assert next(part for part in arguments if part.text == '"Ada"').faults == (0, 1)


def test_claim_is_marked_at_its_offsets() -> None:
    claims = [(0, fault("unbacked_claim", "#3-6")), (1, fault("unbacked_claim", "#5-9"))]
    parts = mark_text("It costs 99 😀", claims)
    assert [(part.text, part.faults) for part in parts] == [
        ("It ", ()), ("co", (0,)), ("s", (0, 1)), ("ts ", (1,)), ("99 😀", ()),
    ]  # fmt: skip


def test_offsets_outside_a_text_mark_no_more_than_it() -> None:
    assert marked(mark_text("short", [(0, fault("unbacked_claim", "#2-99"))])) == ["ort"]


def test_act_that_cannot_be_read_is_marked_whole() -> None:
    assert marked(mark_text('{"name": ', [(0, fault("malformed", ""))])) == ['{"name": ']


keys = st.text("ab/~01", min_size=1, max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
pointers = st.lists(keys | st.sampled_from(["0", "1"]), max_size=3).map(
    lambda tokens: "".join(f"/{token}" for token in tokens)
)


@given(values, pointers)
def test_marking_changes_no_character(value: object, pointer: str) -> None:
    _, plain = mark_call("f", value, [])
    _, arguments = mark_call("f", value, [(0, fault("ungrounded_value", pointer))])
    assert text(arguments) == text(plain)
    assert json.loads(text(arguments)) == value
    assert marked(arguments)


@given(st.text(max_size=20), st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25))))
def test_marking_a_text_changes_no_character(said: str, spans: list[tuple[int, int]]) -> None:
    faults = [(i, fault("unbacked_claim", f"#{a}-{b}")) for i, (a, b) in enumerate(spans)]
    assert text(mark_text(said, faults)) == said
