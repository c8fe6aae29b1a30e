"""OpenAI's fine-tuning files: chat messages with tool calls, and preference pairs.

Source: OpenAI's API reference, the request inputs of the supervised method (`messages`, `tools`,
`parallel_tool_calls`; an assistant message with ``weight`` 0 is not learnt) and of the preference
method (`input`, `preferred_output`, `non_preferred_output`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.export.formats.asked import tools
from training.export.sample import Sample


def openai(sample: Sample) -> dict[str, Any] | None:
    """A line; None where the row cannot be told as a dialogue."""
    if not sample.dialogue:
        return None
    offered = {"tools": tools(sample), "parallel_tool_calls": True}
    if sample.set == "preferences":
        return {
            "input": {"messages": list(sample.dialogue[:-1]), **offered},
            "preferred_output": [sample.dialogue[-1]],
            "non_preferred_output": [sample.rejected_message],
        }
    learnt = sample.dialogue if sample.set == "chains" else _last_only(sample.dialogue)
    return {"messages": list(learnt), **offered}


def _last_only(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages with everything the assistant said before the last marked as not to learn."""
    before = [{**one, "weight": 0} if one["role"] == "assistant" else one for one in messages[:-1]]
    return [*before, messages[-1]]
