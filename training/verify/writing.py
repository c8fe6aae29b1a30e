"""Acts as grounded decoding writes them: the members of an object in the order of the turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from agent.calls import ProposedCall
from agent.json_values import is_object
from training.scenarios.gold import accepted


def as_written(lark: str, text: str, calls: Sequence[ProposedCall]) -> str | None:
    """The text of an act as a grammar lets it be written; None where it does not.

    A grammar puts arguments that were just said before others that may be left out, so the same
    call may have another order of its arguments than its schema. Nothing but that order differs.
    """
    if accepted(lark, text) == len(text.encode()):
        return text
    written = ""
    for call in calls:
        arguments: Any = call.arguments
        if not is_object(arguments):
            return None
        head = f'{{"name":{_json(call.name)},"arguments":{{'
        body = _members(lark, written + head, dict(arguments))
        if body is None:
            return None
        written = f"{body}}}}}\n"
    written = written.removesuffix("\n")
    return written if accepted(lark, written) == len(written.encode()) else None


def _members(lark: str, before: str, left: dict[str, Any]) -> str | None:
    """What stands before, and all members that are left: each the first that can come next."""
    text, comma = before, ""
    while left:
        longer = ((name, f"{text}{comma}{_json(name)}:{_json(left[name])}") for name in left)
        found = next(((name, one) for name, one in longer if _begins(lark, one)), None)
        if found is None:
            return None
        text, comma = found[1], ","
        del left[found[0]]
    return text


def _begins(lark: str, text: str) -> bool:
    """Whether something that the grammar accepts begins with the text."""
    # Of a text that is taken whole but may not end there the last byte is not counted.
    return accepted(lark, f"{text},") >= len(text.encode())


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
