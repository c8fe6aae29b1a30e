"""An API-call example for a tool: sampled arguments, and what a person must say for them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast

from agent.evidence.facts import Scalar
from agent.json_values import is_object
from tools.spec import JsonSchema, ToolSpec, ValueRule
from training.collect.surface import distinct
from training.collect.values import Values, is_plumbing
from training.collect.wording import label_of

Unfit = Literal[
    "needs what no person says", "needs a nested list or a choice of shapes", "no realistic value",
    "no plain name for an argument", "too many values", "two arguments with one name",
    "terms that sound alike",
]  # fmt: skip
"""Why a tool gives no example."""

_MOST_SPOKEN = 5
_MOST_OPTIONAL = 2
_DEPTH = 2
_LONGEST_DEFAULT = 12
"""Longer defaults of credentials and the like are somebody's credentials."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that the user supplies: where it stands, what it is called, what it is.

    `values` are several where the argument is a list, whose items stand below `pointer`.
    """

    pointer: str
    name: str
    label: str
    rule: ValueRule
    schema: JsonSchema
    values: tuple[Scalar, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A call that keeps its schema, with the values in it that a person has to name."""

    arguments: Mapping[str, Any]
    slots: tuple[Slot, ...]


def sample(tool: ToolSpec, rng: random.Random, today: date) -> Example | Unfit:
    """Arguments for a tool: all that is required, and up to two that are not.

    Required arguments with a single allowed value are filled in silently; so are defaults of
    arguments that no person says. Everything else becomes a slot. The same generator state gives
    the same example.
    """
    return _Sampling(tool, rng, Values(rng, today)).example()


class _UnfitError(Exception):
    """Ends a sampling; never leaves this module."""

    def __init__(self, reason: Unfit) -> None:
        super().__init__(reason)
        self.reason: Unfit = reason


@dataclass(slots=True)
class _Sampling:
    tool: ToolSpec
    rng: random.Random
    values: Values
    slots: list[Slot] = field(default_factory=list[Slot])

    def example(self) -> Example | Unfit:
        try:
            arguments = self._object(self.tool.parameters, "", 0)
            self._optional(arguments)
        except _UnfitError as unfit:
            return unfit.reason
        if len(self.slots) > _MOST_SPOKEN:
            return "too many values"
        labels = [slot.label.casefold() for slot in self.slots]
        if len({*labels}) < len(labels):
            return "two arguments with one name"
        return Example(_in_order(self.tool.parameters, arguments), tuple(self.slots))

    def _object(self, schema: JsonSchema, pointer: str, depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self._required(name, part, f"{pointer}/{name}", depth)
            for name, part in _properties(schema).items()
            if name in required
        }

    def _required(self, name: str, schema: JsonSchema, pointer: str, depth: int) -> Any:
        if schema.get("type") == "object" and _properties(schema):
            if depth + 1 >= _DEPTH or not schema.get("required"):
                raise _UnfitError("needs a nested list or a choice of shapes")
            return self._object(schema, pointer, depth + 1)
        only = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if len(only) == 1:
            return only[0]
        if is_plumbing(name):
            default: Any = schema.get("default")
            if isinstance(default, str | int | float) and len(str(default)) <= _LONGEST_DEFAULT:
                return default
            raise _UnfitError("needs what no person says")
        slot = self._slot(name, schema, pointer, required=True)
        if not isinstance(slot, Slot):
            raise _UnfitError(slot)
        self.slots.append(slot)
        return _value(slot, schema)

    def _optional(self, arguments: dict[str, Any]) -> None:
        """Add up to two optional top-level arguments that a person would name."""
        known = list(self._sayable_options())
        wanted = self.rng.choice(range(_MOST_OPTIONAL + 1))
        self.rng.shuffle(known)
        taken = {slot.label.casefold() for slot in self.slots}
        for name, schema in known:
            if wanted == 0 or len(self.slots) >= _MOST_SPOKEN:
                return
            slot = self._slot(name, schema, f"/{name}", required=False)
            if not isinstance(slot, Slot) or slot.label.casefold() in taken:
                continue
            if _value(slot, schema) == schema.get("default"):
                continue
            arguments[name] = _value(slot, schema)
            self.slots.append(slot)
            taken.add(slot.label.casefold())
            wanted -= 1

    def _sayable_options(self) -> Iterator[tuple[str, JsonSchema]]:
        required = self.tool.parameters.get("required", ())
        for name, schema in _properties(self.tool.parameters).items():
            in_header = self.tool.locations.get(name) == "header"
            if name not in required and not in_header and not is_plumbing(name):
                yield name, schema

    def _slot(self, name: str, schema: JsonSchema, pointer: str, *, required: bool) -> Slot | Unfit:
        item, leaf = _item(schema), pointer
        if item is not None:
            leaf = f"{pointer}/*"
        scalar = schema if item is None else item
        rule = self.tool.rules.get(leaf)
        if rule is None or not _is_scalar(scalar):
            return "needs a nested list or a choice of shapes"
        if "enum" in scalar and not distinct(scalar["enum"]):
            return "terms that sound alike"
        label = label_of(name, {**scalar, **_described(schema)}, rule.entity or "", self.rng)
        if label is None:
            return "no plain name for an argument"
        least = max(1, schema.get("minItems", 1)) if item is not None else 1
        drawn = [self.values.draw(name, scalar, rule) for _ in range(least)]
        values = tuple(dict.fromkeys(value for value in drawn if value is not None))
        if len(values) < least:
            return "no realistic value"
        return Slot(pointer, name, label, rule, scalar, values, required)


def _in_order(schema: JsonSchema, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Required members first, each group as the schema lists it: so a grammar writes them."""
    required = schema.get("required", ())
    listed = [name for name in _properties(schema) if name in arguments]
    return {name: arguments[name] for name in sorted(listed, key=lambda one: one not in required)}


def _value(slot: Slot, schema: JsonSchema) -> Any:
    return slot.values[0] if _item(schema) is None else list(slot.values)


def _item(schema: JsonSchema) -> JsonSchema | None:
    items: Any = schema.get("items")
    return items if schema.get("type") == "array" and is_object(items) else None


def _is_scalar(schema: JsonSchema) -> bool:
    return "enum" in schema or schema.get("type") in ("string", "integer", "number", "boolean")


def _described(schema: JsonSchema) -> JsonSchema:
    return {"description": schema["description"]} if "description" in schema else {}


def _properties(schema: JsonSchema) -> Mapping[str, JsonSchema]:
    return cast("Mapping[str, JsonSchema]", schema.get("properties", {}))
