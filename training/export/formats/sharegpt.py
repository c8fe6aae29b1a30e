"""ShareGPT with tools, as LLaMA-Factory reads it.

`conversations` alternate between human or observation and gpt or function_call; a function call is
``{"name", "arguments"}`` as JSON, a list of them where several are made at once; `system` and
`tools` stand beside, `tools` as a JSON string. Source: LLaMA-Factory, data/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from training.export.formats.asked import tools
from training.export.sample import Sample


def sharegpt(sample: Sample) -> dict[str, Any] | None:
    """A line; None where the row cannot be told as a dialogue. Pairs have `chosen`, `rejected`."""
    if not sample.dialogue:
        return None
    system, *rest = sample.dialogue
    turns = conversation(rest)
    line: dict[str, Any] = {
        "conversations": turns,
        "system": system["content"],
        "tools": orjson.dumps([one["function"] for one in tools(sample)]).decode(),
    }
    if sample.rejected_message is None:
        return line
    chosen = turns.pop()
    (rejected,) = conversation([sample.rejected_message])
    return {**line, "chosen": chosen, "rejected": rejected}


def conversation(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Messages by their new names; results of calls made at once are one observation."""
    turns: list[dict[str, str]] = []
    for role, run in groupby(messages, key=lambda one: one["role"]):
        several = list(run)
        if role == "tool":
            contents = [one["content"] for one in several]
            value = contents[0] if len(contents) == 1 else orjson.dumps(contents).decode()
            turns.append({"from": "observation", "value": value})
        else:
            turns += [_turn(role, one) for one in several]
    return turns


def _turn(role: str, message: Mapping[str, Any]) -> dict[str, str]:
    calls = [
        {
            "name": call["function"]["name"],
            "arguments": orjson.loads(call["function"]["arguments"]),
        }
        for call in message.get("tool_calls", ())
    ]
    if calls:
        value = orjson.dumps(calls[0] if len(calls) == 1 else calls).decode()
        return {"from": "function_call", "value": value}
    return {"from": "human" if role == "user" else "gpt", "value": message["content"]}
