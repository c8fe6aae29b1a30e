"""Which prompt format this version writes, as a digest that adapters carry.

A model that was fine-tuned on acts reads one form of prompt: the chat template, the rules, how a
tool, a message and a result are written. An adapter names the digest of the form that it was
trained with, and is refused where prompts are written otherwise. The digest is that of a fixed
conversation, written by the very functions that write every prompt, so it changes when they do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256

from agent.acts import act_text, reply_acts
from agent.calls import Rejection
from agent.engines import chatml
from agent.engines.base import Message
from agent.evidence.bearing import CODE
from agent.evidence.facts import Fact
from agent.observation import observe
from agent.prompt import decision_message, rejection_message, system_message, user_message
from tools.outcome import Failure, Success, Unknown
from tools.spec import ToolSpec, ValueRule

_TOOL = ToolSpec(
    name="find_rooms",
    description="Find rooms. They are sorted by price.",
    api="sample",
    method="POST",
    path="/rooms",
    effect="read",
    parameters={
        "type": "object",
        "additionalProperties": False,
        "required": ["city", "day"],
        "properties": {
            "city": {"type": "string"},
            "day": {"type": "string", "format": "date"},
            "guests": {"type": "integer", "default": 1},
            "board": {"type": "string", "enum": ["none", "breakfast"]},
            "extras": {"type": "array", "items": {"type": "string"}},
        },
    },
    locations={},
    wire_names={},
    rules={
        "/city": ValueRule("place", frozenset({"user"})),
        "/day": ValueRule("date", frozenset({"user"})),
        "/guests": ValueRule("integer", frozenset({"user", "default"})),
        "/board": ValueRule("term", frozenset({"user"})),
        "/extras/*": ValueRule("text", frozenset({"user"})),
    },
)
_ROOM = {
    "room_id": "rm_1",
    "name": "Blue",
    "from": "2027-03-03T15:00:00Z",
    "total": {"amount": "80.00", "currency": "EUR"},
}


@cache
def prompt_format() -> str:
    """SHA-256, in hexadecimal, of the sample conversation as a prompt."""
    return sha256(sample().encode()).hexdigest()


def sample() -> str:
    """The sample conversation as a prompt: one of each kind of message."""
    text = "A room 3 Mar for 2 from LGW, Ada Byron, A@example.com, K7PQ2M, 2000-05-02, 2027-03-05"
    facts = (
        Fact("date", "2027-03-03", "user", "m1:7-12", "3 Mar"),
        Fact("integer", 2, "user", "m1:17-18", "2", unit="adult"),
        Fact("place", "LGW", "user", "m1:24-27", "LGW", vocabulary="origin"),
        Fact("place", "LON", "context", "m1:24-27", "LGW", unit="city"),
        Fact("name", "Ada", "user", "m1:29-32", "Ada", vocabulary="given_name"),
        Fact("name", "Ada Byron", "user", "m1:29-38", "Ada Byron"),
        Fact("name", "Byron", "user", "m1:33-38", "Byron", vocabulary="family_name"),
        Fact("email", "a@example.com", "user", "m1:40-53", "A@example.com"),
        Fact("text", "K7PQ2M", "user", "m1:55-61", "K7PQ2M", vocabulary=CODE),
        Fact("date", "2000-05-02", "user", "m1:63-73", "2000-05-02"),
        Fact("date", "2027-03-05", "user", "m1:75-85", "2027-03-05", vocabulary="return"),
    )
    failed = Failure(409, "sold_out", retryable=False, problem={"detail": "No room is left."})
    messages = [
        system_message((_TOOL, *reply_acts((_TOOL,)))),
        user_message(text, facts, datetime(2026, 11, 22, 9, tzinfo=UTC)),
        Message("assistant", act_text([("find_rooms", {"city": "LIS", "day": "2027-03-03"})])),
        rejection_message("c1", "find_rooms", (Rejection("ungrounded_value", "/city", "no"),)),
        Message("tool", observe(_TOOL, "c2", Success(200, {"data": [_ROOM]}))),
        Message("tool", observe(_TOOL, "c3", failed)),
        Message("tool", observe(_TOOL, "c4", Unknown("lost"))),
        decision_message("approve"),
    ]
    return chatml.render(messages)
