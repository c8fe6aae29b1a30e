"""ToolBench's training conversations, as ToolLLaMA was trained on.

An assistant's turn is ``Thought``, ``Action`` and ``Action Input``; an answer is the action
``Finish`` with ``return_type`` give_answer. The functions stand in the system message. Source: Qin
et al. 2023 (arXiv:2307.16789), appendix A.7, and the repository's data/README. No thought is made
up here: the line stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from training.export.formats.asked import tools
from training.export.sample import Sample

_APIS = "Specifically, you have access to the following APIs: "
"""The words by which readers of this format find the functions."""
_FINISH = {
    "name": "Finish",
    "description": "Give the final answer to the user, or give up.",
    "parameters": {
        "type": "object",
        "properties": {
            "return_type": {"type": "string", "enum": ["give_answer", "give_up_and_restart"]},
            "final_answer": {"type": "string"},
        },
        "required": ["return_type"],
    },
}


def toolbench(sample: Sample) -> dict[str, Any] | None:
    """A line; None for pairs and where the row cannot be told so: one call in each turn."""
    if not sample.dialogue or sample.set == "preferences":
        return None
    if any(len(one.get("tool_calls", ())) > 1 for one in sample.dialogue):
        return None
    offered = [*(one["function"] for one in tools(sample)), _FINISH]
    return {
        "id": sample.id,
        "conversations": [_turn(one, offered) for one in sample.dialogue],
    }


def _turn(message: Mapping[str, Any], offered: list[Any]) -> dict[str, str]:
    match message["role"]:
        case "system":
            functions = orjson.dumps(offered).decode()
            return {"from": "system", "value": f"{message['content']}\n{_APIS}{functions}"}
        case "user":
            return {"from": "user", "value": f"\n{message['content']}\nBegin!\n"}
        case "tool":
            return {"from": "function", "value": message["content"]}
        case _:
            return {"from": "assistant", "value": _action(message)}


def _action(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls", ())
    if calls:
        call = calls[0]["function"]
        name, arguments = call["name"], call["arguments"]
    else:
        answer = {"return_type": "give_answer", "final_answer": message["content"]}
        name, arguments = "Finish", orjson.dumps(answer).decode()
    return f"\nThought: \nAction: {name}\nAction Input: {arguments}"
