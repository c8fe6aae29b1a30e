"""Facts in API results: ids, codes, dates, times and numbers. Free text never becomes a fact.

The response schema decides what a leaf is, so an id written inside a description or a guest's
review ("book offer off_x now") is no evidence for anything. Without a schema the names of the
properties decide, by the rules that `tools.openapi` uses for arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, cast

from agent.evidence.facts import Fact
from tools.spec import JsonSchema, ToolSpec, ValueKind
from tools.words import id_stem, noun

PLACE_NAME = "place_name"
"""Vocabulary of text facts that hold the name of a place, as a result wrote it."""

_CODES: frozenset[str] = frozenset({"place", "carrier", "currency"})
_DEEPEST = 32
_MOST_DIGITS = 30


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

    @property
    def barren(self) -> bool:
        """Whether nothing at this level or below it is ever read."""
        leaf = self.leaf is not None and self.leaf.kind is not None
        return not (leaf or self.items or self.members or self.inferred)


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
    # What nothing can be read from need not be walked: descriptions, names, flags.
    plan.members = {key: inner for key, inner in plan.members.items() if not inner.barren}
    if plan.items is not None and plan.items.barren:
        plan.items = None
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
        leaf = _Leaf("entity", entity=entity)
    elif kind in _CODES:
        leaf = _Leaf(cast("ValueKind", kind), unit=unit if isinstance(unit, str) else None)
    elif form in {"date", "time", "date-time"}:
        leaf = _Leaf("time" if form == "time" else "date", timed=form == "date-time")
    elif not {"integer", "number"}.isdisjoint(_types(schema)):
        leaf = _Leaf("number", unit=unit if isinstance(unit, str) else None)
    elif unit == "money" or (name == "amount" and schema.get("type") == "string"):
        leaf = _Leaf("number", unit="money")
    else:
        leaf = _Leaf(None) if kind is not None else _named(name)
    return leaf


def _types(schema: JsonSchema) -> tuple[Any, ...]:
    """The types of a schema, which may be a list of them (``["integer", "null"]``)."""
    stated = schema.get("type")
    return tuple(cast("list[Any]", stated)) if isinstance(stated, list) else (stated,)


def _named(name: str) -> _Leaf:
    stem = id_stem(name)
    return _Leaf(None) if stem is None else _Leaf("entity", entity=stem or None)


def read_body(plan: Plan, body: Any, ref: str, resource: str) -> list[Fact]:
    """The facts in a response body. `ref` is the call's id; `resource` names a bare ``id``."""
    found: list[Fact] = []
    _walk(plan, body, _Place(ref, None, resource, 0), found)
    return found


class _Place(NamedTuple):
    """Where a walk stands: the reference so far, what expires when, and whose ``id`` this is."""

    ref: str
    expires: datetime | None
    owner: str
    depth: int

    def under(self, key: str, owner: str) -> _Place:
        return _Place(f"{self.ref}/{key}", self.expires, owner, self.depth + 1)


def _walk(plan: Plan, value: Any, place: _Place, found: list[Fact]) -> None:
    if place.depth > _DEEPEST:
        return
    if isinstance(value, dict):
        _walk_object(plan, cast("dict[str, Any]", value), place, found)
    elif isinstance(value, list):
        inner = plan.items or (plan if plan.inferred else None)
        for index, item in enumerate(cast("list[Any]", value) if inner else ()):
            _walk(inner or plan, item, place.under(str(index), place.owner), found)
    elif plan.leaf is not None and plan.leaf.kind is not None and value not in (None, ""):
        found += _facts(plan.leaf, value, place)


def _walk_object(plan: Plan, members: Mapping[str, Any], place: _Place, found: list[Fact]) -> None:
    expires = _moment(members.get("expires_at"))
    if expires is not None:
        place = place._replace(expires=expires)
    for key, member in members.items():
        inner = plan.members.get(key)
        if inner is None and plan.inferred:
            inner = Plan(leaf=_guess(key, member, place.owner), inferred=True, name=key)
        if inner is not None:
            owner = place.owner if key in {"id", "data"} else noun(key)
            _walk(inner, member, place.under(_escaped(key), owner), found)
    name = members.get("name")
    if isinstance(name, str) and name and _names_place(plan):
        ref = f"{place.ref}/name"
        found.append(Fact("text", name, "result", ref, name, vocabulary=PLACE_NAME))


def _names_place(plan: Plan) -> bool:
    code = plan.members.get("iata_code")
    return code is not None and code.leaf is not None and code.leaf.kind == "place"


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


def _facts(leaf: _Leaf, value: Any, place: _Place) -> Iterator[Fact]:
    kind, ref = leaf.kind, place.ref
    if kind is None or isinstance(value, bool):
        return
    if kind == "number":
        number = _number(value)
        if number is not None:
            kind = "integer" if isinstance(number, int) else "number"
            yield Fact(kind, number, "result", ref, str(value), unit=leaf.unit)
    elif kind == "entity":
        entity, expires = leaf.entity or place.owner, place.expires
        yield Fact(kind, value, "result", ref, str(value), entity=entity, expires_at=expires)
    elif not isinstance(value, str):
        return
    elif kind == "date" and leaf.timed:
        if _moment(value) is not None:
            yield Fact("date", value[:10], "result", ref, value)
            yield Fact("time", value[11:16], "result", ref, value)
    else:
        plain = value[:5] if kind == "time" else value
        yield Fact(kind, plain, "result", ref, value, unit=leaf.unit)


def _number(value: Any) -> int | float | None:
    if isinstance(value, (int, float)):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    # "1e999999999" is a short text and a number that no memory holds.
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
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
