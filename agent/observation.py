"""Results as a model reads them: few tokens, one line for each object, ids first.

What a result schema marks ``x-brief`` is kept; without marks, the scalars of the first levels.
Text that third parties write (descriptions, reviews) is kept out unless a document marks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent.json_values import is_array, is_object
from tools.outcome import Failure, Outcome, Success
from tools.spec import JsonSchema, ToolSpec

_MAX_ROWS = 5
_MAX_NESTED = 2
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DURATION = re.compile(r"PT?(\d.*)")
_MAX_TEXT = 60


def observe(tool: ToolSpec, call_id: str, outcome: Outcome) -> str:
    """One observation: a head line with the call's id and outcome, then at most five rows."""
    match outcome:
        case Success(body=body):
            rows = list(objects(body))
            head = f"{call_id} {tool.name}: {len(rows)} result{'' if len(rows) == 1 else 's'}"
            schema = row_schema(tool.returns or {})
            lines = [row_text(row, schema) for row in rows[:_MAX_ROWS]]
            return "\n".join([head, *(line for line in lines if line)])
        case Failure(code=code, problem=problem):
            return f"{call_id} {tool.name}: {code}: {problem.get('detail', '')}".rstrip(": ")
        case _:
            return f"{call_id} {tool.name}: the outcome is unknown"


def objects(body: Any) -> Iterator[Mapping[str, Any]]:
    """The things that a response shows: the members of ``data`` or of a list, else the object."""
    listed = body.get("data", body) if is_object(body) else body
    if is_array(listed):
        yield from filter(is_object, listed)
    elif is_object(listed):
        yield listed


def row_text(row: Mapping[str, Any], schema: JsonSchema) -> str:
    """One object as a line of its brief values."""
    values = list(_brief(row, schema)) or list(_shallow(row))
    # A day, a code or a currency that was written once in a row need not be written again.
    return " ".join(dict.fromkeys(values))


def row_schema(schema: JsonSchema) -> JsonSchema:
    """The schema of one thing in a response: an item of ``data`` or of a list, else itself."""
    data = schema_of(schema.get("properties", {}).get("data", schema))
    return schema_of(data.get("items", data))


def row_entity(tool: ToolSpec) -> str | None:
    """The kind of thing that a tool's rows are: that of the first id in its result schema."""
    row = row_schema(tool.returns or {}).get("properties", {})
    return next((p["x-entity"] for p in map(schema_of, row.values()) if "x-entity" in p), None)


def schema_of(value: Any) -> JsonSchema:
    """A subschema as an object; {} for none, and for the boolean schemas of JSON Schema."""
    return value if is_object(value) else {}


def _brief(value: Any, schema: JsonSchema) -> Iterator[str]:
    if is_object(value):
        money = set(value) == {"amount", "currency"} and schema.get("x-brief")
        properties: Mapping[str, Any] = schema.get("properties", {})
        for name, item in value.items():
            told = {"x-brief": True} if money else schema_of(properties.get(name))
            if isinstance(item, bool) and told.get("x-brief"):
                yield name if item else f"not {name}"
            else:
                yield from _brief(item, told)
    elif is_array(value):
        for item in value[:_MAX_NESTED]:
            yield from _brief(item, {**schema_of(schema.get("items")), **_mark(schema)})
    elif schema.get("x-brief") and value is not None:
        yield from _scalar(value)


def _mark(schema: JsonSchema) -> dict[str, Any]:
    return {"x-brief": True} if schema.get("x-brief") else {}


def _shallow(row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, str | int | float) and len(str(value)) <= _MAX_TEXT:
            yield f"{name}={' '.join(_scalar(value))}"


def _scalar(value: Any) -> tuple[str, ...]:
    # One line for each object, whatever the API put into a name.
    text = " ".join(str(value).split())
    if found := _INSTANT.fullmatch(text):
        return found[1], found[2]
    if found := _DURATION.fullmatch(text):
        return (found[1].lower(),)
    return (text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…",)
