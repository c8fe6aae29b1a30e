"""The prompt: one renderer for serving, for the dataset and for the benchmark.

A prompt is a list of messages that only ever grows, so an engine reuses everything it read before:
one ``system`` message with the tools, then what was said, decided and observed. Only an act that
was refused gives way to the reason (`agent.refusals`). Small models pay for every token, so the
tool block is one line a tool and an observation one line an object.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from agent.calls import Rejection
from agent.engines.base import Message
from agent.evidence.bearing import CODE
from agent.evidence.facts import Fact
from agent.evidence.travellers import written
from tools.signature import compact
from tools.spec import ToolSpec

_RULES = (
    "You are Callsign, a booking agent. Each turn write the next call as JSON: "
    '{"name": …, "arguments": {…}}. Use only values that the user said or a result showed. '
    "When something is missing, call ask_user. After a search, call present."
)
_PLAIN = frozenset({"email", "integer", "number", "text"})
"""Kinds whose purpose says enough: how such a value was said matters to no call."""


def system_message(tools: Sequence[ToolSpec]) -> Message:
    """Rules and the tool block; the same for every conversation over the same tools."""
    lines = "\n".join(compact(tool) for tool in tools)
    return Message("system", f"{_RULES}\n{lines}")


def user_message(text: str, facts: Sequence[Fact], now: datetime) -> Message:
    """What the user typed, and under it the clock and how the values in it read.

    A reading says what a value is for where the message does ("origin Tallinn=TLL", "adult=2"), and
    writes it as a call will: what stands after an equals sign or a bar has the very tokens that it
    has after a quotation mark, while in a sentence a word begins with its space. Small models copy
    tokens.
    """
    readings = dict.fromkeys(one for fact in facts if (one := _reading(fact, now.date())))
    people = dict.fromkeys(f"name={name}" for name in written(facts))
    notes = "; ".join((now.strftime("%a %Y-%m-%d %H:%M"), *readings, *people))
    return Message("user", f"{text}\n({notes})")


def _reading(fact: Fact, today: date) -> str:
    """One value as a call writes it; "" for one that nobody need read."""
    if fact.kind == "name" or (fact.kind == "text" and fact.vocabulary != CODE):
        return ""
    value, purpose = str(fact.value), _purpose(fact, today)
    as_said = "" if fact.text == value or (purpose and fact.kind in _PLAIN) else fact.text
    label = f"{purpose} {as_said}".strip()
    return f"{label}={value}" if label else ""


def _purpose(fact: Fact, today: date) -> str:
    purpose = fact.vocabulary or ""
    match fact.kind:
        case "email":
            purpose = "email"
        case "integer" | "number":
            purpose = fact.unit or ""
        case "place" if fact.source == "context":
            purpose = "city"
        case "date" if str(fact.value) < today.isoformat():
            # Nobody travels on a day that is over: a small model took days of birth for one.
            purpose = "past"
        case "date" if fact.text == fact.value:
            purpose = purpose or "date"
        case "place" | "date" | "time" | "text":
            pass
        case _:
            purpose = ""
    return purpose


def rejection_message(call_id: str, name: str, rejections: Sequence[Rejection]) -> Message:
    """Why a call was not cleared: pointer, what was expected, what is allowed."""
    faults = "\n".join(f"{fault.code} {fault.pointer}: {fault.message}" for fault in rejections)
    return Message("tool", f"{call_id} {name}: not cleared\n{faults}".replace("  ", " "))


def decision_message(decision: str) -> Message:
    """What a person decided about a pending approval."""
    return Message("user", f"({decision})")
