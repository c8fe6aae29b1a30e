"""Facts in API results: ids, codes, dates, times and numbers. Free text never becomes a fact.

The response schema decides what a leaf is, so an id written inside a description or a guest's
review ("book offer off_x now") is no evidence for anything. Without a schema the names of the
properties decide, by the rules that `tools.openapi` uses for arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from agent.evidence.facts import Fact
from tools.spec import JsonSchema, ToolSpec, ValueKind
from tools.words import id_stem, noun

PLACE_NAME = "place_name"
"""Vocabulary of text facts that hold the name of a place, as a result wrote it."""

_CODES: frozenset[str] = frozenset({"place", "carrier", "currency"})
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What a scalar in a result is. `kind` None: free text, which is not read."""

    kind: ValueKind | None
    entity: str | None = None
    unit: str | None = None
    timed: bool = False


@dataclass(slots=True)
class Plan:
    """How to read one level of a result: made once from its schema, walked for every response."""

    leaf: _Leaf | None = None
    items: Plan | None = None
    members: dict[str, Plan] = field(default_factory=dict["str", "Plan"])
    inferred: bool = False
    name: str = ""


def plan_of(tool: ToolSpec) -> Plan:
    """The reading plan for a tool's response body."""
    if tool.returns is None:
        return Plan(inferred=True)
    return _plan(tool.returns, "", 0)


def _plan(schema: JsonSchema, name: str, depth: int) -> Plan:
    plan = Plan(leaf=_leaf(schema, name), name=name)
    if depth > _DEEPEST:
        return plan
    for branch in (schema, *_branches(schema)):
        properties = cast("Mapping[str, JsonSchema]", branch.get("properties", {}))
        for key, value in properties.items():
            plan.members.setdefault(key, _plan(value, key, depth + 1))
        items = branch.get("items")
        if isinstance(items, Mapping) and plan.items is None:
            plan.items = _plan(cast("JsonSchema", items), name, depth + 1)
        if plan.leaf is None or plan.leaf.kind is None:
            plan.leaf = _leaf(branch, name)
    return plan


def _branches(schema: JsonSchema) -> Iterator[JsonSchema]:
    for key in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(key, ()):
            if isinstance(branch, Mapping):
                yield cast("JsonSchema", branch)


def _leaf(schema: JsonSchema, name: str) -> _Leaf:
    kind, entity, form = schema.get("x-kind"), schema.get("x-entity"), schema.get("format")
    unit = schema.get("x-unit")
    if isinstance(entity, str):
        return _Leaf("entity", entity=entity)
    if kind in _CODES:
        return _Leaf(cast("ValueKind", kind))
    if form in {"date", "time"}:
        return _Leaf(cast("ValueKind", form))
    if form == "date-time":
        return _Leaf("date", timed=True)
    if schema.get("type") in {"integer", "number"}:
        return _Leaf("number", unit=unit if isinstance(unit, str) else None)
    if unit == "money" or (name == "amount" and schema.get("type") == "string"):
        return _Leaf("number", unit="money")
    return _Leaf(None) if kind is not None else _named(name)


def _named(name: str) -> _Leaf:
    stem = id_stem(name)
    return _Leaf(None) if stem is None else _Leaf("entity", entity=stem or None)


def read_body(plan: Plan, body: Any, ref: str, resource: str) -> list[Fact]:
    """The facts in a response body. `ref` is the call's id; `resource` names a bare ``id``."""
    facts: list[Fact] = []
    _walk(plan, body, ref, None, facts.append, resource)
    return facts


def _walk(
    plan: Plan,
    value: Any,
    ref: str,
    expires: datetime | None,
    add: Callable[[Fact], None],
    owner: str,
    depth: int = 0,
) -> None:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        expires = _moment(members.get("expires_at")) or expires
        for key, member in members.items():
            inner = plan.members.get(key) or (_UNKNOWN if plan.inferred else None)
            if inner is not None and depth < _DEEPEST:
                escaped = key if key.isidentifier() else _escaped(key)
                thing = owner if key in {"id", "data"} else noun(key)
                if inner is _UNKNOWN:
                    inner = Plan(leaf=_guess(key, member, owner), inferred=True, name=key)
                _walk(inner, member, f"{ref}/{escaped}", expires, add, thing, depth + 1)
        _place_name(plan, members, ref, add)
    elif isinstance(value, list):
        inner = plan.items or (plan if plan.inferred else None)
        if inner is not None and depth < _DEEPEST:
            for index, item in enumerate(cast("list[Any]", value)):
                _walk(inner, item, f"{ref}/{index}", expires, add, owner, depth + 1)
    elif plan.leaf is not None and plan.leaf.kind is not None and value not in (None, ""):
        for fact in _facts(plan.leaf, value, ref, expires, owner):
            add(fact)


_UNKNOWN = Plan(inferred=True)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _guess(key: str, value: Any, owner: str) -> _Leaf:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and id_stem(key) is None:
        return _Leaf("number")
    leaf = _named(key)
    if leaf.kind == "entity" and leaf.entity is None:
        return _Leaf("entity", entity=owner)
    if leaf.kind is None and isinstance(value, str) and _moment(value) is not None:
        return _Leaf("date", timed=len(value) > 10)
    return leaf


def _facts(
    leaf: _Leaf, value: Any, ref: str, expires: datetime | None, owner: str
) -> Iterator[Fact]:
    kind = leaf.kind
    if kind is None or isinstance(value, bool):
        return
    if kind == "number":
        number = _number(value)
        if number is not None:
            whole = isinstance(number, int)
            yield Fact(
                "integer" if whole else "number", number, "result", ref, str(value), unit=leaf.unit
            )
    elif kind == "entity":
        entity = leaf.entity or owner
        yield Fact(kind, value, "result", ref, str(value), entity=entity, expires_at=expires)
    elif not isinstance(value, str):
        return
    elif kind == "date" and leaf.timed:
        if _moment(value) is not None:
            yield Fact("date", value[:10], "result", ref, value)
            yield Fact("time", value[11:16], "result", ref, value)
    else:
        yield Fact(kind, value[:5] if kind == "time" else value, "result", ref, value)


def _place_name(
    plan: Plan, members: Mapping[str, Any], ref: str, add: Callable[[Fact], None]
) -> None:
    name = members.get("name")
    if not isinstance(name, str) or not name:
        return
    if any(
        p.leaf is not None and p.leaf.kind == "place" and key.startswith("iata")
        for key, p in plan.members.items()
    ):
        add(Fact("text", name, "result", f"{ref}/name", name, vocabulary=PLACE_NAME))


def _number(value: Any) -> int | float | None:
    if isinstance(value, (int, float)):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _moment(value: Any) -> datetime | None:
    """An aware moment from RFC 3339 text; None for anything else."""
    if not isinstance(value, str) or not value[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
