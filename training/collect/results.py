"""Result schemas cut to what an answer shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from agent.json_values import is_object
from tools.spec import JsonSchema

_MOST_MEMBERS = 10
_DEEPEST = 3
_SAID = ("type", "format", "enum", "const", "required", "minLength", "maxLength", "minimum",
         "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "minItems", "maxItems",
         "x-entity", "x-kind", "x-unit", "x-brief")  # fmt: skip


def slim_result(schema: JsonSchema, depth: int = 0) -> dict[str, Any]:
    """A result schema that asks for no more than the whole one: fewer members, no texts.

    What stands deeper than three levels becomes anything.
    """
    if depth > _DEEPEST:
        return {}
    cut: dict[str, Any] = {key: schema[key] for key in _SAID if key in schema}
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            cut[key] = [slim_result(one, depth + 1) for one in schema[key]]
    if is_object(schema.get("items")):
        cut["items"] = slim_result(schema["items"], depth + 1)
    named = cast("Mapping[str, JsonSchema]", schema.get("properties", {}))
    if named:
        wanted = sorted(named, key=lambda name: not _matters(name, named[name], schema))
        kept = {*wanted[:_MOST_MEMBERS]}
        cut["properties"] = {
            name: slim_result(one, depth + 1) for name, one in named.items() if name in kept
        }
        cut["required"] = [name for name in schema.get("required", ()) if name in kept]
    if schema.get("examples"):
        cut["examples"] = schema["examples"][:1]
    return cut


def _matters(name: str, schema: JsonSchema, parent: JsonSchema) -> bool:
    return (
        "x-entity" in schema or name in ("data", "id", "name") or name in parent.get("required", ())
    )
