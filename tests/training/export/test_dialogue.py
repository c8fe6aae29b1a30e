"""Dialogues: what a log is in OpenAI's format, and which logs have no counterpart there."""

from __future__ import annotations

from agent.acts import act_text
from agent.calls import Rejection
from agent.engines.base import Message
from agent.events import (
    ActProposed,
    ApprovalDecided,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    Replied,
    UserMessage,
)
from agent.state import State
from training.export.dialogue import dialogue

NOW = "2026-11-22T09:00:00+00:00"
SEEN = State(prompt=(Message("tool", "c1 find: 1 result\nbook_1 Emma"),))


def steps(*events: Event) -> list[tuple[Event, State]]:
    return [(event, SEEN) for event in events]


def said(text: str) -> UserMessage:
    return UserMessage(text, NOW, "en")


def proposed(*names: str) -> ActProposed:
    return ActProposed(act_text([(name, {}) for name in names]))


def cleared(call_id: str, name: str) -> CallCleared:
    return CallCleared(call_id, name, {}, "write" if name == "lend" else "read", {})


def roles(*events: Event) -> list[str]:
    return [message["role"] for message in dialogue(steps(*events))]


def test_a_call_and_its_answer() -> None:
    made = dialogue(
        steps(
            said("Do you have Emma?"),
            proposed("find"),
            cleared("c1", "find"),
            CallObserved("c1", ok=True, status=200, result={}),
            proposed("present"),
            Replied("present", {}, "Yes: Emma.", "en"),
        )
    )
    system, user, call, answer, reply = made
    assert "Sun 2026-11-22 09:00" in system["content"]
    assert user == {"role": "user", "content": "Do you have Emma?"}
    assert call["tool_calls"][0]["function"] == {"name": "find", "arguments": "{}"}
    assert answer["tool_call_id"] == call["tool_calls"][0]["id"]
    assert answer["content"] == "find: 1 result\nbook_1 Emma"
    assert reply == {"role": "assistant", "content": "Yes: Emma."}


def test_what_the_agent_read_on_its_own_account_is_left_out() -> None:
    own = cleared("c2", "find"), CallObserved("c2", ok=True, status=200, result={})
    lent = CallObserved("c1", ok=True, status=201, result={})
    events = (said("Lend it"), proposed("lend"), cleared("c1", "lend"), *own, lent)
    assert roles(*events) == ["system", "user", "assistant", "tool"]


def test_a_declined_write_is_answered_with_that() -> None:
    decided = ApprovalDecided("a1", "decline", NOW)
    made = dialogue(steps(said("Lend it"), proposed("lend"), cleared("c1", "lend"), decided))
    assert made[-1]["content"] == "not run: the user declined it"


def test_a_refused_act_leaves_no_call_without_answer() -> None:
    refused = CallRejected("c1", "find", {}, (Rejection("missing_parameter", "/q", "needed"),))
    made = dialogue(steps(said("Hm"), proposed("find", "count"), refused, proposed("find")))
    assert [one["content"] for one in made if one["role"] == "tool"] == [
        "missing_parameter /q: needed",
        "not run: another call of the same act was refused",
    ]


def test_words_while_a_write_waits_have_no_counterpart() -> None:
    assert roles(said("Lend it"), proposed("lend"), cleared("c1", "lend"), said("Wait")) == []


def test_an_act_that_is_no_call_has_no_counterpart() -> None:
    assert roles(said("Hi"), ActProposed("hello there")) == []
