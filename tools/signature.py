"""A tool as one line, for models that pay for every token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import orjson

from tools.spec import JsonSchema, ToolSpec, ValueRule

_MOST_VALUES = 8
_LONGEST_DESCRIPTION = 120
_DEPTH = 2
_SHORT = {"integer": "int", "number": "num", "boolean": "bool", "string": "str",
          "object": "object", "array": "list", "null": "null"}  # fmt: skip


def compact(tool: ToolSpec) -> str:
    """The signature line of a tool.

    ``find(origin: place, adults?: int=1, cabin?: economy|business) - Search offers.``: a ``?``
    marks what may be left out; a type is the kind of the value, the entity of an id, or the
    allowed values (the first eight). Objects are shown two levels deep.
    """
    inside = _fields(tool, tool.parameters, "", 0)
    said = _first_sentence(tool.description)
    return f"{tool.name}({inside})" + (f" - {said}" if said else "")


def _fields(tool: ToolSpec, schema: JsonSchema, pointer: str, depth: int) -> str:
    required = schema.get("required", ())
    properties = cast("Mapping[str, JsonSchema]", schema.get("properties", {}))
    parts: list[str] = []
    for name, part in properties.items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        kind = _type(tool, part, f"{pointer}/{escaped}", depth)
        mark = "" if name in required else "?"
        parts.append(f"{name}{mark}: {kind}{_default(part)}")
    return ", ".join(parts)


def _default(schema: JsonSchema) -> str:
    if "default" not in schema or isinstance(schema["default"], dict | list):
        return ""
    value = schema["default"]
    return f"={value if isinstance(value, str) else orjson.dumps(value).decode()}"


def _type(tool: ToolSpec, schema: JsonSchema, pointer: str, depth: int) -> str:
    if "enum" in schema:
        return _values(schema["enum"])
    if "const" in schema:
        return _values([schema["const"]])
    if isinstance(schema.get("items"), Mapping):
        return f"[{_type(tool, schema['items'], f'{pointer}/*', depth)}]"
    if schema.get("properties"):
        fields = _fields(tool, schema, pointer, depth + 1) if depth < _DEPTH else "..."
        return f"{{{fields}}}"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _alternatives(tool, schema[key], pointer, depth)
    return _scalar(tool.rules.get(pointer), schema)


def _alternatives(tool: ToolSpec, branches: list[JsonSchema], pointer: str, depth: int) -> str:
    real = [branch for branch in branches if branch.get("type") != "null"]
    shown = [_type(tool, branch, pointer, depth) for branch in real[:_MOST_VALUES]]
    return "|".join(dict.fromkeys(shown))


def _scalar(rule: ValueRule | None, schema: JsonSchema) -> str:
    if rule is not None and rule.kind not in ("text", "term", "integer", "number", "boolean"):
        return rule.entity or rule.kind
    kind = schema.get("type")
    named = cast("list[str]", kind) if isinstance(kind, list) else [kind]
    names = [_SHORT[name] for name in named if isinstance(name, str) and name != "null"]
    return "|".join(names) or "any"


def _values(values: list[Any]) -> str:
    shown = [value if isinstance(value, str) else orjson.dumps(value).decode() for value in values]
    more = "|..." if len(shown) > _MOST_VALUES else ""
    return "|".join(shown[:_MOST_VALUES]) + more


def _first_sentence(text: str) -> str:
    line = text.partition("\n")[0].strip()
    end = line.find(". ")
    sentence = line[: end + 1] if end >= 0 else line
    if len(sentence) <= _LONGEST_DESCRIPTION:
        return sentence
    return sentence[:_LONGEST_DESCRIPTION].rpartition(" ")[0] + " ..."
