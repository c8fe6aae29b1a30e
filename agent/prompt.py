"""The prompt: one renderer for serving, for the dataset and for the benchmark.

A prompt is a list of messages that only ever grows, so an engine reuses everything it read before:
one ``system`` message with the tools, then what was said, decided and observed. Small models pay
for every token, so the tool block is one line a tool and an observation one line an object.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent.calls import Rejection
from agent.engines.base import Message
from agent.evidence.facts import Fact
from tools.signature import compact
from tools.spec import ToolSpec

_RULES = (
    "You are Callsign, a booking agent. Each turn write the next call as JSON: "
    '{"name": …, "arguments": {…}}. Use only values that the user said or a result showed. '
    "When something is missing, call ask_user. After a search, call present."
)


def system_message(tools: Sequence[ToolSpec]) -> Message:
    """Rules and the tool block; the same for every conversation over the same tools."""
    lines = "\n".join(compact(tool) for tool in tools)
    return Message("system", f"{_RULES}\n{lines}")


def user_message(text: str, facts: Sequence[Fact], now: datetime) -> Message:
    """What the user typed, and under it the clock and how the values in it read."""
    readings = dict.fromkeys(
        f"{fact.text}={fact.value}"
        for fact in facts
        if fact.text and fact.text != str(fact.value) and fact.kind not in {"name", "text"}
    )
    notes = "; ".join((now.strftime("%a %Y-%m-%d %H:%M"), *readings))
    return Message("user", f"{text}\n({notes})")


def rejection_message(call_id: str, name: str, rejections: Sequence[Rejection]) -> Message:
    """Why a call was not cleared: pointer, what was expected, what is allowed."""
    faults = "\n".join(f"{fault.code} {fault.pointer}: {fault.message}" for fault in rejections)
    return Message("tool", f"{call_id} {name}: not cleared\n{faults}".replace("  ", " "))


def decision_message(decision: str) -> Message:
    """What a person decided about a pending approval."""
    return Message("user", f"({decision})")
