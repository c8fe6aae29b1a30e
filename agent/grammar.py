"""The grammar of one turn: what the model can write at all, as Lark in llguidance's dialect.

Three modes. ``free``: no grammar. ``schema``: any call that the tools' JSON Schemas allow, so no
invented tool or parameter. ``grounded``: only calls whose every value the evidence holds, so no
invented value either; a tool with a required value that nothing grounds is not on offer at all.
The text runs unchanged on the embedded engine and on vLLM's ``guidance`` backend.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from agent.acts import MAX_CALLS, is_reply, user_parameters
from agent.clearance import holds
from agent.engines.base import Mode
from agent.evidence.facts import Evidence, Scalar
from agent.evidence.grounding import candidates
from agent.json_values import is_array, is_object
from tools.spec import JsonSchema, ToolSpec, ValueRule

_MAX_BRANCHES = 48
"""Above this many combinations relations are left to clearance, to keep the grammar small."""


def act_grammar(
    tools: Sequence[ToolSpec], evidence: Evidence, now: datetime, mode: Mode
) -> str | None:
    """Lark text for one act over these tools (reply acts included); None in mode ``free``.

    Empty when nothing at all can be written: no reply is on offer and no tool can be grounded.

    An act is one reply, or up to `MAX_CALLS` reads, or up to `MAX_CALLS` writes.
    """
    if mode == "free":
        return None
    lark = _Lark()
    for tool in tools:
        if mode == "schema":
            arguments = lark.json(tool.parameters)
        else:
            arguments = _Grounded(lark, tool, evidence, now, tools).arguments()
        if arguments is not None:
            group = "reply" if is_reply(tool) else tool.effect
            head = f'{{"name":"{tool.name}","arguments":'
            lark.offer(group, f'{_literal(head)} {arguments} "}}"')
    return lark.text()


def missing_parameters(tools: Sequence[ToolSpec], evidence: Evidence, now: datetime) -> list[str]:
    """Names of required user-supplied values that nothing in the evidence grounds, sorted."""
    return sorted(
        name for name, rule in user_parameters(tools).items() if not candidates(rule, evidence, now)
    )


@dataclass(slots=True)
class _Lark:
    """Rules under construction; equal bodies share one rule."""

    names: dict[str, str] = field(default_factory=dict[str, str])
    groups: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def rule(self, body: str) -> str:
        return self.names.setdefault(body, f"r{len(self.names)}")

    def json(self, schema: JsonSchema) -> str:
        return self.rule(_json_rule(orjson.dumps(schema)))

    def offer(self, group: str, body: str) -> None:
        self.groups.setdefault(group, []).append(self.rule(body))

    def text(self) -> str:
        if not self.groups:
            return ""
        acts: list[str] = []
        for group, rules in self.groups.items():
            one = f"{group}_call: {' | '.join(rules)}"
            acts.append(group)
            repeat = "" if group == "reply" else f' ("\\n" {group}_call){{0,{MAX_CALLS - 1}}}'
            self.groups[group] = [one, f"{group}: {group}_call{repeat}"]
        lines = [f"start: {' | '.join(acts)}"]
        lines += itertools.chain.from_iterable(self.groups.values())
        lines += (f"{name}: {body}" for body, name in self.names.items())
        return "%llguidance {}\n" + "\n".join(lines) + "\n"


class _Grounded:
    """Writes one tool's arguments so that every value is one that the evidence holds."""

    def __init__(
        self,
        lark: _Lark,
        tool: ToolSpec,
        evidence: Evidence,
        now: datetime,
        tools: Sequence[ToolSpec],
    ) -> None:
        self._lark = lark
        self._tool = tool
        self._evidence = evidence
        self._now = now
        self._tools = tools

    def arguments(self) -> str | None:
        """An expression for the arguments object, or None when a required value has no source."""
        branches = [
            body
            for assignment in self._assignments()
            if (body := self._object(self._tool.parameters, "", assignment)) is not None
        ]
        return self._lark.rule(" | ".join(dict.fromkeys(branches))) if branches else None

    def _assignments(self) -> Iterable[dict[str, Sequence[Scalar]]]:
        """Value lists for related arguments, so that each branch satisfies every relation.

        A branch fixes each relation's right-hand side and keeps on its left-hand side only what
        the relation allows.
        """
        relations = self._tool.relations
        fixed = list(dict.fromkeys(relation.other for relation in relations))
        choices = [self._values(f"/{name}") for name in fixed]
        branches = 1
        for values in choices:
            branches *= max(1, len(values))
        if not relations or branches > _MAX_BRANCHES:
            yield {}
            return
        for combination in itertools.product(*(values or (None,) for values in choices)):
            chosen = dict(zip(fixed, combination, strict=True))
            assignment: dict[str, Sequence[Scalar]] = {
                name: () if value is None else (value,) for name, value in chosen.items()
            }
            for relation in relations:
                allowed = assignment.get(relation.argument, self._values(f"/{relation.argument}"))
                assignment[relation.argument] = [
                    value for value in allowed if holds(relation, value, chosen[relation.other])
                ]
            yield assignment

    def _object(
        self, schema: JsonSchema, pointer: str, assignment: Mapping[str, Sequence[Scalar]]
    ) -> str | None:
        required: list[str] = []
        optional: list[str] = []
        for name, member in schema.get("properties", {}).items():
            if name in assignment:
                value = self._choice(assignment[name])
            else:
                value = self._value(member, f"{pointer}/{name}")
            if value is not None:
                pair = f"{_literal(orjson.dumps(name).decode() + ':')} {value}"
                (required if name in schema.get("required", ()) else optional).append(pair)
            elif name in schema.get("required", ()):
                return None
        return f'"{{" {_members(required, optional)} "}}"'.replace("  ", " ")

    def _value(self, schema: JsonSchema, pointer: str) -> str | None:
        rule = self._tool.rules.get(pointer)
        if rule is not None and "inferred" not in rule.sources:
            return self._choice(self._values(pointer, schema))
        if "enum" in schema:
            return self._choice(self._enum(schema, pointer))
        match schema.get("type"):
            case "object" if "properties" in schema:
                body = self._object(schema, pointer, {})
                return None if body is None else self._lark.rule(body)
            case "array" if "items" in schema:
                return self._array(schema, pointer)
            case _:
                return self._lark.json(schema)

    def _enum(self, schema: JsonSchema, pointer: str) -> Sequence[Scalar]:
        if pointer == "/about/*" and is_reply(self._tool):
            missing = missing_parameters(self._tools, self._evidence, self._now)
            return missing or schema["enum"]
        return schema["enum"]

    def _known(self, schema: JsonSchema, pointer: str) -> Sequence[Scalar]:
        """The finitely many values that a scalar may have here; empty where it is not bound."""
        rule = self._tool.rules.get(pointer)
        if rule is not None and "inferred" not in rule.sources:
            return self._values(pointer, schema)
        return self._enum(schema, pointer) if "enum" in schema else ()

    def _array(self, schema: JsonSchema, pointer: str) -> str | None:
        known = self._known(schema["items"], f"{pointer}/*")
        if known and schema.get("minItems", 1) <= 1 and len(known) <= schema.get("maxItems", 99):
            # Some of the known values, each at most once, in their order.
            literals = [_literal(orjson.dumps(value).decode()) for value in known]
            return self._lark.rule(f'"[" ({_some(literals)}) "]"')
        item = self._value(schema["items"], f"{pointer}/*")
        if item is None:
            return None
        most = min(schema.get("maxItems", MAX_CALLS), self._most_items(pointer))
        least = max(1, schema.get("minItems", 1))
        if most < least:
            return None
        more = f' ("," {item}){{{least - 1},{most - 1}}}' if most > 1 else ""
        return self._lark.rule(f'"[" {item}{more} "]"')

    def _most_items(self, pointer: str) -> int:
        """How many items the evidence can tell apart: the scarcest required leaf decides."""
        counts = [
            len(self._values(path))
            for path, rule in self._tool.rules.items()
            if path.startswith(f"{pointer}/*") and "inferred" not in rule.sources
        ]
        return min(counts, default=MAX_CALLS)

    def _values(self, pointer: str, schema: JsonSchema | None = None) -> list[Scalar]:
        rule = self._tool.rules.get(pointer)
        if rule is None:
            return []
        schema = schema or _schema_of(self._tool.parameters, pointer)
        values = [fact.value for fact in self._facts(rule)]
        if "default" in rule.sources and "default" in schema:
            values.append(schema["default"])
        checker = _leaf_validator(orjson.dumps(schema))
        return [value for value in dict.fromkeys(values) if checker.is_valid(value)]

    def _facts(self, rule: ValueRule) -> Iterable[Any]:
        return candidates(rule, self._evidence, self._now)

    def _choice(self, values: Sequence[Scalar]) -> str | None:
        if not values:
            return None
        literals = (_literal(orjson.dumps(value).decode()) for value in values)
        return self._lark.rule(" | ".join(literals))


def _members(required: Sequence[str], optional: Sequence[str]) -> str:
    """Members of an object, required ones first, commas placed right whichever are there."""
    comma = ' "," '
    tail = "".join(f' ("," {pair})?' for pair in optional)
    if required:
        return comma.join(required) + tail
    return f"({_some(optional)})?" if optional else ""


def _some(items: Sequence[str]) -> str:
    """At least one of the items, in their order, commas between them."""
    return " | ".join(
        item + "".join(f' ("," {later})?' for later in items[index + 1 :])
        for index, item in enumerate(items)
    )


def _schema_of(schema: JsonSchema, pointer: str) -> JsonSchema:
    for part in pointer.split("/")[1:]:
        schema = schema.get("items", {}) if part == "*" else schema["properties"][part]
    return schema


def _literal(text: str) -> str:
    """Text as a Lark string literal; Lark reads JSON's escapes."""
    return orjson.dumps(text).decode()


@lru_cache(maxsize=4096)
def _json_rule(schema: bytes) -> str:
    # Lenient: what a grammar cannot say (uniqueItems, format) is left to clearance.
    options = {"whitespace_flexible": False, "lenient": True}
    tight = {"x-guidance": options, **_standard(orjson.loads(schema))}
    return f"%json {orjson.dumps(tight).decode()}"


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


@lru_cache(maxsize=4096)
def _leaf_validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema), validate_formats=True)
