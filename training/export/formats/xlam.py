"""xLAM's single questions: `query`, and `tools` and `answers` as JSON strings.

`tools` list name, description and parameters (each argument's type, description and default);
`answers` list the calls, none where no tool helps. Source: the card of the data set
Salesforce/xlam-function-calling-60k (Liu et al. 2024, arXiv:2406.18518).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from training.export.formats.asked import asked, tools
from training.export.sample import Sample

_TYPES: Mapping[str, str] = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list",
    "object": "dict",
}  # fmt: skip


def xlam(sample: Sample) -> dict[str, Any] | None:
    """A line; None where the row opens with no question that calls answer."""
    one = asked(sample)
    if one is None:
        return None
    answers = [{"name": name, "arguments": arguments} for name, arguments in one.calls]
    return {
        "id": sample.id,
        "query": one.question,
        "tools": orjson.dumps([_tool(tool["function"]) for tool in tools(sample)]).decode(),
        "answers": orjson.dumps(answers).decode(),
    }


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    parameters = function["parameters"]
    required = parameters.get("required", ())
    arguments = {
        name: _argument(schema, needed=name in required)
        for name, schema in parameters.get("properties", {}).items()
    }
    return {**function, "parameters": arguments}


def _argument(schema: Mapping[str, Any], *, needed: bool) -> dict[str, Any]:
    kind = schema.get("type", "")
    name = _TYPES.get(kind, "Any") if isinstance(kind, str) else "Any"
    told: dict[str, Any] = {
        "type": name if needed else f"{name}, optional",
        "description": schema.get("description", ""),
    }
    return {**told, "default": schema["default"]} if "default" in schema else told
