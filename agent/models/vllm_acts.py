"""A tool-call parser for vLLM: our acts are one JSON call a line.

vLLM loads this file by its path (``--tool-parser-plugin``), in its own environment, where nothing
of ours need be installed. It serves clients that talk to vLLM itself; the agent reads acts from
plain text.
"""

# vLLM is installed beside us at best.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportUntypedBaseClass=false

from __future__ import annotations

import json
from typing import Any

from vllm.entrypoints.generate.base.protocol import (
    DeltaFunctionCall,
    DeltaMessage,
    DeltaToolCall,
    ExtractedToolCallInformation,
    FunctionCall,
    ToolCall,
)
from vllm.tool_parsers.abstract_tool_parser import ToolParser, ToolParserManager


class ActParser(ToolParser):
    """Reads acts: ``{"name": …, "arguments": {…}}``, one a line."""

    def extract_tool_calls(self, model_output: str, request: Any) -> ExtractedToolCallInformation:
        """All calls of a whole act; an output that is no act stays content."""
        calls = _calls(model_output)
        if not calls:
            return ExtractedToolCallInformation(
                tools_called=False, tool_calls=[], content=model_output
            )
        made = [ToolCall(type="function", function=FunctionCall(**call)) for call in calls]
        return ExtractedToolCallInformation(tools_called=True, tool_calls=made, content=None)

    def extract_tool_calls_streaming(
        self, previous_text: str, current_text: str, delta_text: str, *_: Any, **__: Any
    ) -> DeltaMessage | None:
        """Each call as soon as its line is whole; text that begins no act as it comes."""
        if not current_text.lstrip().startswith("{"):
            return DeltaMessage(content=delta_text)
        before = len(_calls(previous_text))
        new = _calls(current_text)[before:]
        if not new:
            return None
        made = [
            DeltaToolCall(index=before + n, type="function", function=DeltaFunctionCall(**call))
            for n, call in enumerate(new)
        ]
        return DeltaMessage(tool_calls=made)


ToolParserManager.register_module("callsign", module=ActParser)


def _calls(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in filter(str.strip, text.split("\n")):
        try:
            call = json.loads(line)
            arguments = json.dumps(call["arguments"], ensure_ascii=False)
            found.append({"name": call["name"], "arguments": arguments})
        except (ValueError, LookupError, TypeError):
            break
    return found
