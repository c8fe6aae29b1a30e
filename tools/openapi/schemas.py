"""Schemas of an OpenAPI 3.0 or 3.1 document as self-contained JSON Schema (draft 2020-12).

References are inlined, to a stated depth, so that a circular schema becomes a finite one; what
documents in the wild get wrong (a type that is none, a bound that is text, a default that breaks
its own schema) is left out, so that the result always compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

import jsonschema_rs

from tools.errors import SpecError
from tools.openapi.document import Json, follow
from tools.openapi.merge import merge

Schema = dict[str, Any]

MAX_NODES = 3_000
"""A schema that has more sub-schemas than this once inlined is inlined less deeply."""

LEVELS = (8, 5, 3, 2, 1, 0)
"""How many references deep a schema is inlined, the first whose result fits `MAX_NODES`.

What lies deeper is cut to its type and marked ``x-truncated``.
"""

_MAX_VISITS = 200_000
_TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
_TYPE_SLIPS = {"int": "integer", "float": "number", "double": "number", "bool": "boolean",
               "str": "string", "dict": "object", "list": "array", "file": "string"}  # fmt: skip
_SUBSCHEMA = ("items", "not", "contains", "propertyNames", "if", "then", "else",
              "additionalProperties", "unevaluatedProperties", "unevaluatedItems")  # fmt: skip
_SUBSCHEMA_LISTS = ("anyOf", "oneOf", "prefixItems")
_SUBSCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(cast("list[Any]", value))


def _is_pattern(value: Any) -> bool:
    return isinstance(value, str) and _compiles(value)


@lru_cache(maxsize=4096)
def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


_KEYWORDS: dict[str, Callable[[Any], bool]] = {
    "const": lambda value: True,
    "default": lambda value: True,
    "enum": _is_list,
    "examples": _is_list,
    "pattern": _is_pattern,
    "multipleOf": lambda value: _is_number(value) and value > 0,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
         "minContains", "maxContains"),
        _is_count,
    ),
    **dict.fromkeys(
        ("format", "description", "title", "contentMediaType", "contentEncoding"), _is_text
    ),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), _is_flag),
}  # fmt: skip


class Schemas:
    """The schemas of one document; results are shared between callers, so never change them."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._known: dict[tuple[str, int], tuple[Schema, int]] = {}
        self._visits = 0

    def expand(self, schema: Any) -> Schema:
        """`schema` normalised, every reference inlined.

        Raises `SpecError` when it is too large even without its references, and
        `UnresolvableReference` when a reference leads out of the document or nowhere.
        """
        for levels in LEVELS:
            self._visits = 0
            expanded, size = self._expand(schema, levels)
            if size <= MAX_NODES:
                return expanded
        raise SpecError(f"a schema of more than {MAX_NODES} parts")

    def _expand(self, schema: Any, levels: int) -> tuple[Schema, int]:
        self._visits += 1
        if self._visits > _MAX_VISITS:
            raise SpecError(f"a schema of more than {_MAX_VISITS} parts")
        if schema is False:
            return {"not": {}}, 1
        if not isinstance(schema, Mapping):
            return {}, 1
        schema = cast("Json", schema)
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return self._normalise(schema, levels)
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if not beside:
            return self._reference(reference, levels)
        members = beside.get("allOf")
        others = cast("list[Any]", members) if isinstance(members, list) else []
        return self._normalise({**beside, "allOf": [{"$ref": reference}, *others]}, levels)

    def _reference(self, reference: str, levels: int) -> tuple[Schema, int]:
        target = follow(self._document, reference)
        if levels == 0:
            return _cut(target), 1
        key = (reference, levels)
        if key not in self._known:
            self._known[key] = self._expand(target, levels - 1)
        return self._known[key]

    def _normalise(self, schema: Json, levels: int) -> tuple[Schema, int]:
        result = _plain_keywords(schema)
        size = 1 + self._children(schema, result, levels)
        members = schema.get("allOf")
        if isinstance(members, list):
            size += self._all_of(cast("list[Any]", members), result, levels)
        _require(schema, result)
        _type(schema, result)
        _agree(result)
        if schema.get("nullable") is True:
            result = _nullable(result)
        return result, size

    def _children(self, schema: Json, result: Schema, levels: int) -> int:
        """Put the expanded sub-schemas of `schema` into `result`; their size."""
        size = 0
        for key in _SUBSCHEMA:
            value = schema.get(key)
            if isinstance(value, bool) and key != "items":
                result[key] = value
            elif isinstance(value, Mapping):
                result[key], part = self._expand(value, levels)
                size += part
        for key in _SUBSCHEMA_LISTS:
            if isinstance(schema.get(key), list) and schema[key]:
                parts = [self._expand(value, levels) for value in schema[key]]
                result[key] = [part for part, _ in parts]
                size += sum(count for _, count in parts)
        for key in _SUBSCHEMA_MAPS:
            if isinstance(schema.get(key), Mapping):
                named = {str(n): self._expand(v, levels) for n, v in schema[key].items()}
                named = {
                    n: v for n, v in named.items() if key != "patternProperties" or _compiles(n)
                }
                result[key] = {name: part for name, (part, _) in named.items()}
                size += sum(count for _, count in named.values())
        return size

    def _all_of(self, members: list[Any], result: Schema, levels: int) -> int:
        """Merge the members into `result` where that keeps their meaning; their size."""
        size = 0
        rest: list[Schema] = []
        for member in members:
            part, count = self._expand(member, levels)
            size += count
            merged = merge(result, part)
            if merged is None:
                rest.append(part)
            else:
                result.update(merged)
        if rest:
            result["allOf"] = [*result.get("allOf", ()), *rest]
        return size


def _cut(target: Any) -> Schema:
    kind = cast("Json", target).get("type") if isinstance(target, Mapping) else None
    typed = {"type": kind} if isinstance(kind, str) and kind in _TYPES else {}
    return {**typed, "x-truncated": True}


def _plain_keywords(schema: Json) -> Schema:
    result: Schema = {}
    for key, value in schema.items():
        check = _KEYWORDS.get(key)
        if check(value) if check else key.startswith("x-"):
            result[key] = value
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(exclusive) is True and bound in result:
            result[exclusive] = result.pop(bound)
    if "example" in schema and "examples" not in result:
        result["examples"] = [schema["example"]]
    return result


def _require(schema: Json, result: Schema) -> None:
    """`required` as a list, with the properties that say ``required: true`` of themselves."""
    names: list[str] = [*result.get("required", ())]
    listed = schema.get("required")
    if isinstance(listed, list):
        names += [name for name in cast("list[Any]", listed) if isinstance(name, str)]
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        for name, value in cast("Json", properties).items():
            if isinstance(value, Mapping) and cast("Json", value).get("required") is True:
                names.append(name)
    if names:
        result["required"] = list(dict.fromkeys(names))


def _type(schema: Json, result: Schema) -> None:
    """`type` as draft 2020-12 has it, told from the other keywords where it is absent."""
    stated = schema.get("type")
    listed = cast("list[Any]", stated) if isinstance(stated, list) else [stated]
    lowered = [name.lower() for name in listed if isinstance(name, str)]
    names = [_TYPE_SLIPS.get(name, name) for name in lowered]
    known = list(dict.fromkeys(name for name in names if name in _TYPES))
    if known:
        result["type"] = known[0] if len(known) == 1 else known
    elif "type" not in result and "properties" in result:
        result["type"] = "object"
    elif "type" not in result and ("items" in result or "prefixItems" in result):
        result["type"] = "array"


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": _is_flag,
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "string": _is_text,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}


def has_type(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a JSON Schema type (1.0 is an integer there)."""
    return _CHECKS[kind](value)


def types_of(schema: Json) -> tuple[str, ...]:
    """The types that a normalised schema names, none for any."""
    kind = schema.get("type")
    return (kind,) if isinstance(kind, str) else tuple(kind or ())


def _agree(result: Schema) -> None:
    """Make `enum` and `default` fit `type`: unquoted YAML turns texts into numbers."""
    kinds = types_of(result)
    if kinds == ("string",) and "enum" in result:
        result["enum"] = [_as_text(value) for value in result["enum"]]
    if "enum" in result:
        fitting = [v for v in result["enum"] if not kinds or any(has_type(v, k) for k in kinds)]
        if not fitting:
            result.pop("type")
        else:
            result["enum"] = _distinct(fitting)
    if "default" in result:
        default = result["default"]
        typed = not kinds or any(has_type(default, kind) for kind in kinds)
        if not typed or default not in result.get("enum", [default]):
            del result["default"]


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if _is_number(value) else value


def _distinct(values: list[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for value in values:
        seen.setdefault(repr(value), value)
    return list(seen.values())


def _nullable(schema: Schema) -> Schema:
    """What 3.0's ``nullable: true`` says, in draft 2020-12."""
    if "allOf" in schema or "not" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    result = dict(schema)
    kinds = types_of(schema)
    if kinds and "null" not in kinds:
        result["type"] = [*kinds, "null"]
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if "enum" in result and None not in result["enum"]:
        result["enum"] = [*result["enum"], None]
    for key in ("anyOf", "oneOf"):
        if key in result and {"type": "null"} not in result[key]:
            result[key] = [*result[key], {"type": "null"}]
    return result
