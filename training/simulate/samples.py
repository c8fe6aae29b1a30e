"""Values for response schemas, each drawn from a seed of its own: no draw disturbs another."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Any, cast

import jsonschema_rs
import orjson

from agent.json_values import is_array, is_object
from tools.openapi.inference import value_rules
from tools.spec import JsonSchema, ValueRule
from training.collect.values import Values

_LEAST_ROWS, _MOST_ROWS = 2, 4
_DEEPEST = 6
_TEXT = ValueRule("text", frozenset({"result"}))
_SENTENCE = frozenset({"description", "summary", "comment", "message", "text", "note", "body"})


class UnsimulatableError(ValueError):
    """A response schema that nothing here can keep; never leaves the simulator."""


def digest(*parts: object) -> int:
    """A number that depends on these parts alone, in any process."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def fits(schema: JsonSchema, value: Any) -> bool:
    """Whether a value keeps a schema."""
    return _validator(orjson.dumps(schema)).is_valid(value)


@lru_cache(maxsize=4096)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema), validate_formats=True)


@lru_cache(maxsize=1)
def _drawer(today: date) -> tuple[random.Random, Values]:
    """One for the process: opening Faker's data takes milliseconds, and every draw seeds it."""
    rng = random.Random(0)
    return rng, Values(rng, today)


class Samples:
    """Draws JSON values for schemas. `seed` is that of the simulated world, `today` its day."""

    def __init__(self, seed: int, today: date) -> None:
        self._seed = seed
        self._rng, self._values = _drawer(today)

    def rows(self, *key: object) -> int:
        """How many things a list shows."""
        return _LEAST_ROWS + digest(self._seed, "rows", *key) % (_MOST_ROWS - _LEAST_ROWS + 1)

    def draw(self, name: str, schema: JsonSchema, resource: str, *key: object) -> Any:
        """A value for the property `name` of a `resource`; the same `key` gives the same value.

        Raises `UnsimulatableError` where none that keeps the schema is known.
        """
        return self._value(name, schema, resource, key, 0)

    def _value(
        self, name: str, schema: JsonSchema, resource: str, key: tuple[object, ...], depth: int
    ) -> Any:
        schema = flattened(schema)
        shown = [one for one in schema.get("examples", ()) if _is_compound(one)]
        if shown and fits(schema, shown[0]):
            return shown[0]
        if depth > _DEEPEST:
            raise UnsimulatableError(f"{name} nests deeper than {_DEEPEST} levels")
        if "properties" in schema or schema.get("type") == "object":
            return self._object(schema, resource, key, depth)
        if schema.get("type") == "array":
            inner = schema.get("items")
            if not is_object(inner):
                return []
            count = max(1, int(schema.get("minItems", 1)))
            return [self._value(name, inner, resource, (*key, n), depth + 1) for n in range(count)]
        return self._scalar(name, schema, resource, key)

    def _list(
        self, name: str, schema: JsonSchema, resource: str, key: tuple[object, ...], depth: int
    ) -> list[Any]:
        inner = schema.get("items")
        if not is_object(inner):
            return []
        count = max(1, int(schema.get("minItems", 1)))
        return [self._value(name, inner, resource, (*key, n), depth + 1) for n in range(count)]

    def _object(
        self, schema: JsonSchema, resource: str, key: tuple[object, ...], depth: int
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, part in properties(schema).items():
            try:
                made[name] = self._value(name, part, resource, (*key, name), depth + 1)
            except UnsimulatableError:
                if name in schema.get("required", ()):
                    raise
        return made

    def _scalar(self, name: str, schema: JsonSchema, resource: str, key: tuple[object, ...]) -> Any:
        self._rng.seed(digest(self._seed, *key))
        self._values.fake.seed_instance(self._rng.getrandbits(64))
        single = _single(schema)
        if single.get("type") == "null":
            return None
        drawn = self._values.draw(name, single, rule_of(name, single, resource))
        if drawn is None:
            drawn = self._filler(name, single)
        if not fits(single, drawn):
            raise UnsimulatableError(f"no value of {name} keeps its schema")
        return drawn

    def _filler(self, name: str, schema: JsonSchema) -> Any:
        if schema.get("type", "string") != "string":
            raise UnsimulatableError(f"no value of {name} is known")
        fake = self._values.fake
        if schema.get("format") == "uuid":
            return str(fake.uuid4())
        long = not _SENTENCE.isdisjoint(name.lower().split("_"))
        text = fake.sentence(nb_words=5) if long else fake.word().capitalize()
        return text[: int(schema.get("maxLength", len(text)))]


def flattened(schema: JsonSchema) -> JsonSchema:
    """A schema without branches at its top: all of ``allOf``, one of the others."""
    for key in ("oneOf", "anyOf"):
        branches = schema.get(key)
        if is_array(branches) and branches:
            rest = {name: one for name, one in schema.items() if name != key}
            return _joined(rest, flattened(_not_null(branches)))
    for branch in schema.get("allOf", ()):
        schema = _joined({k: v for k, v in schema.items() if k != "allOf"}, flattened(branch))
    return schema


def _joined(schema: JsonSchema, branch: JsonSchema) -> JsonSchema:
    both = {**branch, **schema}
    both["properties"] = {**branch.get("properties", {}), **schema.get("properties", {})}
    both["required"] = [*branch.get("required", ()), *schema.get("required", ())]
    return {key: value for key, value in both.items() if value not in ({}, [])}


def properties(schema: JsonSchema) -> Mapping[str, JsonSchema]:
    """The properties of an object schema, those of its branches included."""
    return cast("Mapping[str, JsonSchema]", flattened(schema).get("properties", {}))


@lru_cache(maxsize=65536)
def _rule(name: str, schema: bytes, resource: str) -> ValueRule:
    rules = value_rules({"properties": {name: orjson.loads(schema)}}, resource, {})
    return rules.get(f"/{name}", _TEXT)


def rule_of(name: str, schema: JsonSchema, resource: str) -> ValueRule:
    """What kind of value a property of a result is, by the rules for arguments."""
    plain = name.replace("~", "").replace("/", "")
    return _rule(plain, orjson.dumps(schema), resource)


def _single(schema: JsonSchema) -> JsonSchema:
    """A schema with one type: of several, the first that is not null."""
    kinds = schema.get("type")
    if not is_array(kinds):
        return schema
    return {**schema, "type": next((kind for kind in kinds if kind != "null"), "null")}


def _not_null(branches: list[Any]) -> JsonSchema:
    return next((one for one in branches if one.get("type") != "null"), branches[0])


def _is_compound(value: Any) -> bool:
    return is_object(value) or is_array(value)
