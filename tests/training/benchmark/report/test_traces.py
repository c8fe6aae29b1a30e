"""A trace tells the whole conversation: what was said, decided, refused, answered and claimed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.events import ActProposed, Replied, TurnEnded
from tests.training.benchmark.report.attempts import (
    OFFERS,
    SEARCH,
    attempt,
    fault,
    log,
    proposed,
)
from training.benchmark.records import Proposal
from training.benchmark.report.traces import cut, entry, read_calls, trace


def kinds(shown: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in shown["steps"]]


def marked(parts: list[Any]) -> list[tuple[str, list[int]]]:
    return [(part[0], part[1]) for part in parts if not isinstance(part, str)]


def test_conversation_is_told_in_its_order() -> None:
    assert kinds(trace(attempt())) == [
        "user", "act", "refused", "act", "observed", "act", "approval", "decided", "observed",
        "reply",
    ]  # fmt: skip


def test_fault_is_marked_in_the_call_that_has_it() -> None:
    shown = trace(attempt("t1", fault("unknown_parameter", "/tier")))
    first, second = [step for step in shown["steps"] if step["kind"] == "act"][:2]
    assert marked(first["calls"][0]["arguments"]) == [('"tier": "gold"', [0])]
    assert first["faults"] == [0]
    assert marked(second["calls"][0]["arguments"]) == []
    assert shown["faults"][0]["code"] == "unknown_parameter"


def test_calls_carry_their_verdicts() -> None:
    acts = [step for step in trace(attempt())["steps"] if step["kind"] == "act"]
    calls = [act["calls"][0] for act in acts]
    assert [(call["id"], call["refused"], call["effect"]) for call in calls] == [
        ("c1", True, ""), ("c2", False, "read"), ("c3", False, "write"),
    ]  # fmt: skip


def test_claim_is_marked_in_the_reply_and_not_in_the_act() -> None:
    claim = fault("unbacked_claim", "#0-6", proposal=2, name="finish")
    steps = trace(attempt("t1", claim))["steps"]
    assert marked(steps[-1]["parts"]) == [("Booked", [0])]
    assert all(step["faults"] == [] for step in steps if step["kind"] == "act")


def test_claim_in_prose_is_marked_in_the_prose() -> None:
    events = log(ActProposed("That is 99 euros."))
    claim = fault("unbacked_claim", "#8-10", name="")
    act = trace(attempt("t1", claim, events=events))["steps"][1]
    assert marked(act["parts"]) == [("99", [0])]


def test_act_that_is_no_json_is_shown_as_decoded() -> None:
    events = log(ActProposed('{"name": "search_fl'))
    act = trace(attempt("t1", fault("malformed", "", name=""), events=events))["steps"][1]
    assert marked(act["parts"]) == [('{"name": "search_fl', [0])]
    assert "calls" not in act


def test_fault_of_the_second_call_of_an_act_is_marked_there() -> None:
    two = proposed("search_flights", SEARCH).text + "\n" + proposed("find_places", {}).text
    second = replace(fault("unknown_tool", "", name="find_places"), call=1)
    calls = trace(attempt("t1", second, events=log(ActProposed(two))))["steps"][1]["calls"]
    assert marked(calls[0]["name"]) == []
    assert marked(calls[1]["name"]) == [("find_places", [0])]


def test_faults_are_numbered_through_all_proposals() -> None:
    faults = (fault("unknown_parameter", "/tier"), fault("foreign_id", "/offer_id", proposal=2))
    acts = [it for it in trace(attempt("t1", *faults))["steps"] if it["kind"] == "act"]
    assert marked(acts[2]["calls"][0]["arguments"]) == [('"off_000005"', [1])]


def test_failure_is_told_with_its_code() -> None:
    observed = [step for step in trace(attempt())["steps"] if step["kind"] == "observed"]
    assert (observed[1]["ok"], observed[1]["status"], observed[1]["code"]) == (
        False, 409, "sold_out",
    )  # fmt: skip
    assert observed[0]["count"] == 8


def test_tries_that_ran_out_are_told() -> None:
    events = (*log(proposed("search_flights", SEARCH))[:2], TurnEnded("exhausted"))
    assert trace(attempt(events=events))["steps"][-1] == {"kind": "ended", "reason": "exhausted"}


def test_faults_without_a_log_are_told_still() -> None:
    proposals = (Proposal(2, "called", ("f",), (fault("unknown_tool", ""),)),)
    shown = trace(replace(attempt(events=()), proposals=proposals))
    assert (shown["steps"], shown["faults"][0]["code"]) == ([], "unknown_tool")


def test_proposal_that_points_beside_an_act_marks_nothing() -> None:
    proposals = (Proposal(0, "called", ("f",), (fault("unknown_tool", ""),)),)
    shown = trace(replace(attempt(), proposals=proposals))
    assert all(step.get("faults", []) == [] for step in shown["steps"])


def test_reply_without_an_act_before_it_is_told() -> None:
    events = (*log(proposed("f", {}))[:2], Replied("answer", {}, "Hello", "en"))
    assert trace(attempt(events=events))["steps"][-1]["parts"] == ["Hello"]


def test_responses_are_cut_but_keep_what_a_call_used() -> None:
    kept = cut(OFFERS, frozenset({"off_000005"}))["data"]
    assert [row["offer_id"] for row in kept[:-1]] == ["off_000000", "off_000001", "off_000005"]
    assert kept[-1] == "… 5 more"


def test_long_texts_of_responses_are_cut() -> None:
    assert cut({"review": "x" * 900}, frozenset())["review"].endswith("… (900 characters)")


def test_trace_keeps_the_offer_that_was_booked() -> None:
    search = next(step for step in trace(attempt())["steps"] if step["kind"] == "observed")
    assert "off_000005" in {row["offer_id"] for row in search["result"]["data"][:-1]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        '{"name": 1, "arguments": {}}',
        '{"name": "f"}',
        "[]",
        '{"name": "f", "args": 1}',
    ],
)
def test_what_is_no_call_is_read_as_none(text: str) -> None:
    assert read_calls(text) is None


def test_line_separators_inside_a_call_end_no_line() -> None:
    assert read_calls('{"name": "f", "arguments": {"q": "a\u2028b"}}') == [("f", {"q": "a\u2028b"})]


def test_entry_tells_what_the_filters_ask() -> None:
    shown = entry(attempt("t1", fault("foreign_id", ""), fault("foreign_id", "")))
    assert shown["faults"] == ["foreign_id"]
    assert shown["said"] == "A flight to Lisbon on 3 March"
    assert (shown["solved"], shown["error"]) == (False, False)
