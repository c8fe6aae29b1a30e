"""A log as a conversation of OpenAI's chat format, for agents other than ours.

Calls of real tools are tool calls; replies are the text that the person read. Approvals are the
host's business: a write that waited for one is a call that is answered once it ran, and one that
was turned down is answered with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from agent.calls import Rejection
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    Replied,
    UserMessage,
)
from agent.state import State
from training.benchmark.report.traces import read_calls
from training.export.sample import REPLIES

Said = dict[str, Any]
_NOT_RUN = "not run: another call of the same act was refused"
_DECLINED = "not run: the user declined it"


class UntellableError(Exception):
    """The log has no counterpart in this format."""


@dataclass(slots=True)
class _Waiting:
    """A call that has no answer yet. `event_id` is the log's id of it, "" until it is known."""

    id: str
    name: str
    arguments: Any
    event_id: str = ""


@dataclass(slots=True)
class _Teller:
    messages: list[Said] = field(default_factory=list[Said])
    waiting: list[_Waiting] = field(default_factory=list[_Waiting])
    calls: int = 0
    refused: bool = False

    def user(self, event: UserMessage) -> None:
        self.settle()
        if not self.messages:
            self.messages.append({"role": "system", "content": _system(event.now)})
        self.messages.append({"role": "user", "content": event.content})

    def act(self, text: str) -> None:
        self.settle()
        calls = read_calls(text)
        if calls is None:
            raise UntellableError("an act that is no call")
        if calls[0][0] in REPLIES:
            return
        message = call_message(calls, self.calls)
        self.calls += len(calls)
        self.messages.append(message)
        ids = [call["id"] for call in message["tool_calls"]]
        self.waiting = [
            _Waiting(one, name, arguments)
            for one, (name, arguments) in zip(ids, calls, strict=True)
        ]

    def named(self, event: CallCleared | CallRejected) -> None:
        """The log gives a call its id."""
        for one in self.waiting:
            if not one.event_id and (one.name, one.arguments) == (event.name, event.arguments):
                one.event_id = event.call_id
                return

    def answered(self, call_id: str, content: str) -> None:
        """A call got its answer; those that the agent made on its own account are left out."""
        for one in self.waiting:
            if one.event_id == call_id:
                self.waiting.remove(one)
                self._answer(one, content)
                return

    def rest(self, content: str) -> None:
        """Everything that still waits gets this answer."""
        for one in self.waiting:
            self._answer(one, content)
        self.waiting = []

    def reply(self, text: str) -> None:
        self.settle()
        last = self.messages[-1]
        if last["role"] == "assistant" and "tool_calls" not in last:
            last["content"] += f"\n{text}"
        else:
            self.messages.append({"role": "assistant", "content": text})

    def settle(self) -> None:
        """Before anything else is said, every call must have been answered."""
        if self.waiting and self.refused:
            self.rest(_NOT_RUN)
        if self.waiting:
            raise UntellableError("something else was said while a write waited")
        self.refused = False

    def _answer(self, one: _Waiting, content: str) -> None:
        self.messages.append({"role": "tool", "tool_call_id": one.id, "content": content})


def dialogue(steps: Iterable[tuple[Event, State]]) -> tuple[Said, ...]:
    """The messages of a log, given with the state after each event.

    Calls of the last act may be left without an answer, where the log ends there; everywhere else
    every call is answered before anyone speaks. () where the log cannot be told so.
    """
    teller = _Teller()
    try:
        for event, state in steps:
            _tell(teller, event, state)
    except UntellableError:
        return ()
    return tuple(teller.messages)


def _tell(teller: _Teller, event: Event, state: State) -> None:
    match event:
        case UserMessage():
            teller.user(event)
        case ActProposed(text=text):
            teller.act(text)
        case CallCleared():
            teller.named(event)
        case CallRejected():
            teller.named(event)
            teller.refused = True
            teller.answered(event.call_id, _shown(event.rejections))
        case CallObserved(call_id=call_id):
            teller.answered(call_id, _observation(state))
        case ApprovalDecided(decision="decline"):
            teller.rest(_DECLINED)
        case ApprovalVoided(reason=reason):
            teller.rest(f"not run: {reason}")
        case Replied(text=text):
            teller.reply(text)
        case _:
            pass


def call_message(calls: Iterable[tuple[str, Any]], before: int) -> Said:
    """The assistant's message that makes these calls; `before` calls were made earlier."""
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
        }
        for number, (name, arguments) in enumerate(calls, before + 1)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def made_before(messages: Iterable[Mapping[str, Any]]) -> int:
    """How many calls these messages make."""
    return sum(len(message.get("tool_calls", ())) for message in messages)


def _system(now: str) -> str:
    moment = datetime.fromisoformat(now).strftime("%a %Y-%m-%d %H:%M")
    return (
        f"You call tools for the user. It is {moment}. Use only values that the user said or a "
        "tool returned. Ask for what is missing; say so when no tool fits."
    )


def _observation(state: State) -> str:
    """What was read of the newest answer, without the id that our own agent gives it."""
    told = state.prompt[-1].content
    _, _, rest = told.partition(" ")
    return rest or told


def _shown(rejections: Iterable[Rejection]) -> str:
    return "\n".join(f"{one.code} {one.pointer}: {one.message}" for one in rejections)
