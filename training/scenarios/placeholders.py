"""Placeholders for ids: what a scenario calls things that no one can know before it is held."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.json_values import is_array, is_object

_PLACEHOLDER = re.compile(r"\$(offer|rate|hotel|order|booking|cancellation|result)(\d*)")
_IDS: Mapping[str, re.Pattern[str]] = {
    "offer": re.compile(r"\boff_\w+"),
    "rate": re.compile(r"\brate_\w+"),
    "hotel": re.compile(r"\bhtl_\w+"),
    "order": re.compile(r"\bord_\w+"),
    "booking": re.compile(r"\bhbk_\w+"),
    "cancellation": re.compile(r"\b(?:cxl|hcn)_\w+"),
    "result": re.compile(r"\Ac\d+(?= [\w-]+: \d+ results?\b)"),
}


def is_placeholder(value: Any) -> bool:
    """Whether a value stands for an id."""
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value) is not None


def resolved(value: Any, results: Sequence[str]) -> Any:
    """A JSON value with its placeholders filled in from results as a model reads them.

    `results` are observations (`agent.observation.observe`), oldest first; the newest that shows
    enough things of a kind is meant. Raises `LookupError` when none does.
    """
    if is_object(value):
        return {name: resolved(member, results) for name, member in value.items()}
    if is_array(value):
        return [resolved(item, results) for item in value]
    if isinstance(value, str) and (placeholder := _PLACEHOLDER.fullmatch(value)):
        return _newest(placeholder[1], int(placeholder[2] or 1), results)
    return value


def _newest(kind: str, position: int, results: Sequence[str]) -> str:
    for text in reversed(results):
        found = list(dict.fromkeys(_IDS[kind].findall(text)))
        if len(found) >= position:
            return found[position - 1]
    raise LookupError(f"no result shows {kind} number {position}")
