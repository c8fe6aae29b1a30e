"""Argument schemas compiled to shapes: what of a tool's grammar does not depend on the turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson

from agent.acts import ASKS, NOTHING_NEEDED, is_required
from agent.evidence.facts import Scalar
from agent.json_values import is_array, is_object
from tools.spec import JsonSchema, ToolSpec, ValueRule

_ENDLESS = 1_000
_PLAIN = frozenset({"type", "title", "description", "default", "example", "examples", "deprecated"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar whose values the evidence gives, `fixed` (a default, an enum) beside them.

    Without a rule `fixed` is all there is. Leaves with the same `key` have the same values in a
    turn. `accepts` checks a value against the schema. With `spans` any text that the user typed is
    a value too; `plain` says that the schema takes every text.
    """

    key: str
    rule: ValueRule | None
    fixed: tuple[Scalar, ...]
    accepts: Callable[[Any], bool]
    spans: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """A value that the model chooses within its schema; `rule` is its Lark rule."""

    rule: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A name of something to ask for: what is worth asking for in the turn.

    `nothing_needed` is the one name where the tools need nothing of a user.
    """

    nothing_needed: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A list of `least` to `most` items; `scarce` are the leaves that every item needs."""

    item: Shape
    least: int
    most: int
    scarce: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """An object; `keys` are its members' names with the colon, as Lark literals."""

    members: Mapping[str, Shape]
    keys: Mapping[str, str]
    required: frozenset[str]


Shape = Leaf | Free | Asked | Array | Object


def compile_shape(tool: ToolSpec) -> Object:
    """The shape of a tool's arguments."""
    return _object(tool, tool.parameters, "")


def is_cursor(shape: Shape) -> bool:
    """Whether an argument goes on with a search, all else unchanged."""
    entity = shape.rule.entity if isinstance(shape, Leaf) and shape.rule else None
    return entity is not None and entity.endswith("cursor")


def quoted(text: str) -> str:
    """Text as a Lark string literal; Lark reads JSON's escapes, and no bare delete character."""
    return orjson.dumps(text).decode().replace("\x7f", "\\u007f")


def json_rule(schema: JsonSchema) -> str:
    """A Lark rule for any JSON value of a schema, without white space between tokens.

    Lenient: what a grammar cannot say (uniqueItems, format) is left to clearance.
    """
    options = {"whitespace_flexible": False, "lenient": True}
    return f"%json {orjson.dumps({'x-guidance': options, **_standard(schema)}).decode()}"


def _object(tool: ToolSpec, schema: JsonSchema, pointer: str) -> Object:
    properties: Mapping[str, JsonSchema] = schema.get("properties", {})
    return Object(
        {name: _shape(tool, one, f"{pointer}/{name}") for name, one in properties.items()},
        {name: quoted(orjson.dumps(name).decode() + ":") for name in properties},
        frozenset(schema.get("required", ())),
    )


def _shape(tool: ToolSpec, schema: JsonSchema, pointer: str) -> Shape:
    rule = tool.rules.get(pointer)
    if rule is not None and "inferred" not in rule.sources:
        return _leaf(schema, rule)
    if "enum" in schema:
        if tool.name == ASKS and pointer == "/about/*":
            names = tuple(schema["enum"])
            return Asked(names if names == (NOTHING_NEEDED,) else ())
        return Leaf(f"enum {_key(schema)}", None, tuple(schema["enum"]), _anything)
    match schema.get("type"):
        case "object" if "properties" in schema:
            return _object(tool, schema, pointer)
        case "array" if "items" in schema:
            return _array(tool, schema, pointer)
        case _:
            return Free(json_rule(schema))


def _array(tool: ToolSpec, schema: JsonSchema, pointer: str) -> Array:
    item = _shape(tool, schema["items"], f"{pointer}/*")
    # A grammar cannot keep spans apart.
    apart = isinstance(item, Leaf) and item.spans and schema.get("uniqueItems") is True
    return Array(
        item,
        schema.get("minItems", 1),
        1 if apart else schema.get("maxItems", _ENDLESS),
        tuple(_required_leaves(tool, item, schema["items"], f"{pointer}/*")),
    )


def _required_leaves(
    tool: ToolSpec, shape: Shape, schema: JsonSchema, pointer: str
) -> Iterator[Leaf]:
    match shape:
        case Leaf(spans=False):
            yield shape
        case Object():
            for name, member in shape.members.items():
                if (
                    isinstance(member, Leaf)
                    and not member.spans
                    and is_required(schema, f"/{name}")
                ):
                    yield member
        case _:
            return


def _leaf(schema: JsonSchema, rule: ValueRule) -> Leaf:
    fixed = (schema["default"],) if "default" in rule.sources and "default" in schema else ()
    checker = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
    told_apart = (
        rule.kind, sorted(rule.sources), rule.entity, rule.unit, rule.when, rule.vocabulary
    )  # fmt: skip
    return Leaf(
        f"{told_apart} {_key(schema)}",
        rule,
        fixed,
        checker.is_valid,
        spans=takes_spans(rule),
        plain=_PLAIN.issuperset(_standard(schema)) and schema.get("type") == "string",
    )


def takes_spans(rule: ValueRule) -> bool:
    """Whether any text that the user typed is a value under this rule."""
    return rule.kind == "text" and "user" in rule.sources


def _key(schema: JsonSchema) -> str:
    return orjson.dumps(_standard(schema), option=orjson.OPT_SORT_KEYS).decode()


def _anything(_: Any) -> bool:
    return True


def _standard(schema: Any) -> Any:
    """The schema without our extensions, which a grammar compiler need not know."""
    if is_object(schema):
        kept = {k: v for k, v in schema.items() if k == "properties" or not k.startswith("x-")}
        return {
            k: {name: _standard(one) for name, one in v.items()}
            if k == "properties"
            else _standard(v)
            for k, v in kept.items()
        }
    if is_array(schema):
        return [_standard(item) for item in schema]
    return schema
