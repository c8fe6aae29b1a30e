"""Where each argument's value may come from, as a document says it or its schemas suggest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast, get_args

from tools.openapi.document import Json
from tools.openapi.schemas import Schema, types_of
from tools.spec import THING, ValueKind, ValueRule, ValueSource
from tools.words import id_stem, noun, words

_KINDS = frozenset(get_args(ValueKind))
_SOURCES = frozenset(get_args(ValueSource))
_INHERITED = ("x-source", "x-kind", "x-entity", "x-unit", "x-when", "x-role", "x-terms", "default")
_FORMATS: dict[str, ValueKind] = {"date": "date", "time": "time", "email": "email"}
_PLAIN_TYPES: dict[str, ValueKind] = {
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
}
_PLACES = frozenset({"origin", "destination", "iata", "airport"})
_PEOPLE = frozenset({"given", "family", "first", "last", "full", "sur"})
_PAGING = frozenset({"limit", "offset", "page", "size", "count", "per", "skip", "top", "cursor",
                     "token", "max", "results", "start", "after", "before"})  # fmt: skip
_ONLY_USER: frozenset[ValueSource] = frozenset({"user"})
_USER_OR_RESULT: frozenset[ValueSource] = frozenset({"user", "result"})
_DEFAULT: frozenset[ValueSource] = frozenset({"default"})
_FREE: frozenset[ValueSource] = frozenset({"user", "inferred"})
_SOURCES_OF_KIND: dict[ValueKind, frozenset[ValueSource]] = {
    "date": _ONLY_USER,
    "time": _ONLY_USER,
    "integer": _ONLY_USER,
    "number": _ONLY_USER,
    "email": _ONLY_USER,
    "name": _ONLY_USER,
    "currency": _ONLY_USER,
    "entity": _USER_OR_RESULT,
    "place": _USER_OR_RESULT,
    "carrier": _USER_OR_RESULT,
    "term": _FREE,
    "boolean": _FREE,
    "text": _FREE,
}


_NAME_PARTS = {
    "given_name": frozenset({"given", "first", "forename"}),
    "family_name": frozenset({"family", "last", "surname"}),
}


def value_rules(parameters: Json, resource: str, owners: Mapping[str, str]) -> dict[str, ValueRule]:
    """The rule of every leaf of a tool's parameters, by JSON pointer (``*`` for list indices).

    A bare ``id`` identifies what `owners` says of that argument, else a `resource`.
    """
    rules: dict[str, ValueRule] = {}
    for pointer, name, schema in _leaves(parameters, "", ""):
        owner = owners.get(name) if pointer.count("/") == 1 else None
        rules.setdefault(pointer, _rule(name, schema, owner or resource))
    return rules


def _leaves(schema: Json, pointer: str, name: str) -> Iterator[tuple[str, str, Json]]:
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    properties = schema.get("properties")
    items = schema.get("items")
    found = False
    if isinstance(properties, Mapping):
        for key, value in cast("Json", properties).items():
            escaped = key.replace("~", "~0").replace("/", "~1")
            yield from _leaves(value, f"{pointer}/{escaped}", key)
            found = True
    if isinstance(items, Mapping):
        yield from _leaves(_inherit(schema, cast("Json", items)), f"{pointer}/*", name)
        found = True
    for branch in branches:
        if types_of(branch) != ("null",):
            yield from _leaves(_inherit(schema, branch), pointer, name)
            found = True
    if not found and pointer:
        yield pointer, name, schema


def _inherit(parent: Json, child: Json) -> Json:
    passed = {key: parent[key] for key in _INHERITED if key in parent and key not in child}
    return {**child, **passed} if passed else child


def _rule(name: str, schema: Json, resource: str) -> ValueRule:
    kind = _kind(name, schema)
    sources = _sources(kind, name, schema)
    when = schema.get("x-when")
    unit = schema.get("x-unit")
    return ValueRule(
        kind=kind,
        sources=sources,
        entity=_entity(name, schema, resource) if kind == "entity" else None,
        unit=unit if isinstance(unit, str) else None,
        when=when if when in ("past", "future") else None,
        vocabulary=_vocabulary(kind, name, schema),
        terms=_terms(schema.get("x-terms")),
    )


def _vocabulary(kind: ValueKind, name: str, schema: Json) -> str | None:
    """Which words may ground the value: an enum's, a thing's, part of a name, those of its role."""
    role = schema.get("x-role")
    if kind in {"place", "date", "time"} and isinstance(role, str):
        return role
    if kind == "entity" and schema.get("x-terms"):
        return THING
    if kind == "term":
        return name
    if kind == "name":
        return next((part for part, said in _NAME_PARTS.items() if said & {*words(name)}), None)
    return None


def _entity(name: str, schema: Json, resource: str) -> str:
    stated = schema.get("x-entity")
    if isinstance(stated, str) and stated:
        return stated
    stem = id_stem(name)
    return (noun(name) if stem is None else stem) or resource or "object"


def _kind(name: str, schema: Json) -> ValueKind:
    stated = schema.get("x-kind")
    if isinstance(stated, str) and stated in _KINDS:
        return cast("ValueKind", stated)
    if "x-entity" in schema:
        return "entity"
    if "enum" in schema or "const" in schema:
        return "term"
    types = [kind for kind in types_of(schema) if kind != "null"]
    if id_stem(name) is not None and types in (["string"], ["integer"], []):
        return "entity"
    if len(types) == 1 and types[0] in _PLAIN_TYPES:
        return _PLAIN_TYPES[types[0]]
    return _text_kind(name, schema) if types in (["string"], []) else "text"


def _text_kind(name: str, schema: Json) -> ValueKind:
    stated = schema.get("format")
    if stated in _FORMATS:
        return _FORMATS[stated]
    parts = words(name)
    if "format" in schema or not parts:
        return "text"
    if parts[-1] == "email" or parts[-2:] == ("email", "address"):
        return "email"
    if parts[-1] == "currency" or parts[-2:] == ("currency", "code"):
        return "currency"
    if parts[-1] == "name" and (parts[0] in _PEOPLE or parts == ("surname",)):
        return "name"
    return "place" if _is_place(parts, schema) else "text"


def _is_place(parts: tuple[str, ...], schema: Json) -> bool:
    coded = schema.get("maxLength") == 3 or "{3}" in str(schema.get("pattern", ""))
    return coded and not _PLACES.isdisjoint(parts)


def _sources(kind: ValueKind, name: str, schema: Json) -> frozenset[ValueSource]:
    stated = schema.get("x-source")
    listed: list[Any] = cast("list[Any]", stated) if isinstance(stated, list) else [stated]
    known = frozenset(source for source in listed if source in _SOURCES)
    if known:
        return cast("frozenset[ValueSource]", known)
    sources = _SOURCES_OF_KIND[kind]
    if kind in ("integer", "number") and _PAGING.issuperset(words(name)):
        sources = _FREE
    return sources | _DEFAULT if "default" in schema else sources


def _terms(stated: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(stated, Mapping):
        return {}
    named = cast("Mapping[str, Any]", stated)
    return {
        value: tuple(word for word in cast("list[Any]", said) if isinstance(word, str))
        for value, said in named.items()
        if isinstance(said, list)
    }


def name_ids(schema: Schema, resource: str) -> Schema:
    """A result schema whose id-shaped properties say what they identify (`x-entity`).

    A bare ``id`` identifies what its object is: the noun of the property that holds it, else
    `resource`. Entities that the document states are kept. Unchanged parts are shared.
    """
    changes: Schema = {}
    properties = schema.get("properties")
    if isinstance(properties, dict):
        named = cast("dict[str, Schema]", properties)
        done = {key: _named(key, value, resource) for key, value in named.items()}
        if any(done[key] is not value for key, value in named.items()):
            changes["properties"] = done
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            child = name_ids(schema[key], resource)
            if child is not schema[key]:
                changes[key] = child
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            branches = [name_ids(branch, resource) for branch in schema[key]]
            if any(new is not old for new, old in zip(branches, schema[key], strict=True)):
                changes[key] = branches
    return {**schema, **changes} if changes else schema


_WRAPPERS = frozenset({"data", "item", "result", "value", "content", "record", "row", "entry",
                       "response", "payload", "element", "hit", "list", "attribute"})  # fmt: skip


def _named(name: str, schema: Schema, resource: str) -> Schema:
    stem = id_stem(name)
    types = [kind for kind in types_of(schema) if kind != "null"]
    if stem is not None and types in (["string"], ["integer"], []) and "x-entity" not in schema:
        entity = stem or resource
        return {**schema, "x-entity": entity} if entity and "properties" not in schema else schema
    held = noun(name)
    return name_ids(schema, resource if held in _WRAPPERS else held or resource)
