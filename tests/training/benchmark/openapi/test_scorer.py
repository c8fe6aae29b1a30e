"""The scorer: the same call in its meaning, and every difference in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.acts import act_text, reply_acts
from agent.calls import Cleared
from tests.agent.booking import rule, tool
from training.benchmark.openapi.rows import Expectation, Offered, Row, Source
from training.benchmark.openapi.scorer import differences, scorer_of
from training.benchmark.single import Outcome, Score

FIND = tool(
    "find",
    {
        "id": {"type": "string"},
        "city": {"type": "string"},
        "status": {"type": "string", "enum": ["OPEN", "Closed"]},
        "most": {"type": "number"},
        "limit": {"type": "integer", "default": 20},
        "tags": {"type": "array", "items": {"type": "string"}},
        "box": {
            "type": "object",
            "properties": {"width": {"type": "number", "default": 1}, "name": {"type": "string"}},
        },
    },
    ["id"],
    rules={"/id": rule("entity", "user", entity="thing"), "/city": rule("text")},
)
OTHER = tool("other", {"id": {"type": "string"}}, ["id"])
GOLD: dict[str, Any] = {"id": "A1", "city": "New York", "status": "OPEN", "most": 2}
REPLIES = {act.name: act for act in reply_acts((FIND, OTHER))}


def row(expected: Expectation = "call", about: str = "", **gold: Any) -> Row:
    source = Source("p 1", "x.com", "x.com.json", "")
    tools = tuple(Offered(one, source) for one in (FIND, OTHER))
    text = act_text([("find", gold or GOLD)])
    return Row("r", "t", ("call",), "en", "?", "", expected, (text,), about, tools)


def outcome(*calls: tuple[str, dict[str, Any]]) -> Outcome:
    tools = {"find": FIND, "other": OTHER, **REPLIES}
    cleared = tuple(Cleared("c1", tools[name], given, {}) for name, given in calls)
    if cleared and cleared[0].tool.name in REPLIES:
        return Outcome((), cleared[0], abstained=True, tried=())
    return Outcome(cleared, None, abstained=not cleared, tried=())


def score(*calls: tuple[str, dict[str, Any]], task: Row | None = None) -> Score:
    return scorer_of(task or row())(outcome(*calls))


@pytest.mark.parametrize(
    "given",
    [
        GOLD,
        {**GOLD, "most": 2.0},
        {**GOLD, "city": " new  york"},
        {**GOLD, "status": "open"},
        {**GOLD, "limit": 20},
        dict(reversed(GOLD.items())),
    ],
)
def test_a_call_that_means_the_same_is_right(given: dict[str, Any]) -> None:
    assert score(("find", given)) == Score()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({**GOLD, "id": "a1"}, "/id is 'a1', expected 'A1'"),
        ({**GOLD, "city": "York"}, "/city is 'York', expected 'New York'"),
        ({**GOLD, "most": 3}, "/most is 3, expected 2"),
        ({**GOLD, "most": "2"}, "/most is '2', expected 2"),
        ({**GOLD, "limit": 5}, "/limit is 5, expected 20"),
        ({**GOLD, "tags": ["a"]}, "/tags = ['a'] was not asked for"),
        ({"id": "A1", "status": "OPEN", "most": 2}, "/city is missing, expected 'New York'"),
    ],
)
def test_every_difference_is_a_reason(given: dict[str, Any], reason: str) -> None:
    found = score(("find", given))
    assert found.unsolved == (reason,)
    assert len(found.missed) == len(found.surplus) == 1


def test_lists_and_objects_are_compared_inside() -> None:
    wanted = {"id": "A1", "tags": ["x", "y"], "box": {"name": "n"}}
    same = {"id": "A1", "tags": ["X", "y"], "box": {"name": "N", "width": 1}}
    assert differences(FIND, wanted, same) == ()
    other = {"id": "A1", "tags": ["x"], "box": {"name": "m"}}
    assert differences(FIND, wanted, other) == (
        "/tags is ['x'], expected ['x', 'y']", "/box/name is 'm', expected 'n'",
    )  # fmt: skip
    swapped = {"id": "A1", "tags": ["y", "x"], "box": {"name": "n"}}
    assert len(differences(FIND, wanted, swapped)) == 2


def test_a_yes_is_no_number() -> None:
    assert differences(FIND, {"id": "A1", "most": 1}, {"id": "A1", "most": True})


@given(
    given=st.fixed_dictionaries(
        {"id": st.sampled_from(["A1", "B2"])},
        optional={"city": st.text(max_size=3), "most": st.integers(0, 3)},
    )
)
def test_a_call_never_differs_from_itself(given: dict[str, Any]) -> None:
    assert differences(FIND, given, given) == ()


def test_another_tool_is_wrong() -> None:
    found = score(("other", {"id": "A1"}))
    assert found.unsolved == ("other was called instead of find",)


def test_a_call_besides_the_right_one_is_surplus() -> None:
    found = score(("other", {"id": "A1"}), ("find", GOLD))
    assert (found.unsolved, found.missed) == (('other {"id":"A1"} was called besides',), ())
    assert found.surplus == ('other {"id":"A1"}',)


@pytest.mark.parametrize("name", ["decline", "ask_user"])
def test_a_reply_is_no_call(name: str) -> None:
    given = {"reason": "unsafe"} if name == "decline" else {"about": ["id"]}
    assert score((name, given)).unsolved == (f"find was not called, but {name}",)
    assert score().unsolved == ("find was not called, but no cleared call",)


def test_asking_must_be_about_what_is_missing() -> None:
    task = row("ask", "city")
    assert score(("ask_user", {"about": ["city", "id"]}), task=task) == Score()
    assert score(("ask_user", {"about": ["id"]}), task=task).unsolved == (
        "asked about id instead of city",
    )
    assert score(("decline", {"reason": "unsafe"}), task=task).unsolved
    assert score(("find", GOLD), task=task).surplus


def test_abstaining_is_any_reply_but_no_call_and_no_broken_one() -> None:
    task = row("abstain")
    assert score(("ask_user", {"about": ["id"]}), task=task) == Score()
    assert score(("decline", {"reason": "out_of_scope"}), task=task) == Score()
    assert score(task=task) == Score()
    assert score(("find", GOLD), task=task).unsolved == ("called although no tool fits",)
    broken = Outcome((), None, abstained=False, tried=())
    assert scorer_of(task)(broken).unsolved == ("neither called nor abstained",)
