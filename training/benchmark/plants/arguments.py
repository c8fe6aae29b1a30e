"""Faults against the schema: parameters invented or left out, types and values that it forbids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from tools.spec import JsonSchema
from training.benchmark.plants.trace import Change, Place, Trace

_INVENTED = (("seat", "window"), ("priority", True), ("notes", "as soon as possible"), ("seats", 3))
_OTHER_TYPE: dict[str, tuple[Any, ...]] = {
    "string": (417, ["as", "a", "list"], None, True),
    "integer": ("two", [2], None, 2.5),
    "number": ("a lot", [99], None),
    "boolean": ("yes", 1, None),
    "array": ("all of them", 7, None),
    "object": ("as text", 3, None),
}
_NO_DATES = ("2027-02-30", "2027-13-01", "03/03/2027", "next friday")
_PLAIN_DATE = {"type", "format", "description", "title", "examples", "example", "default", "x-when",
               "x-kind", "x-source", "x-unit"}  # fmt: skip
_ALSO_UNSAID = "what the schema does not allow, nobody has said either"


def invented_parameter(trace: Trace, rng: Random) -> Change | None:
    """A plausible parameter that the tool does not have, at the top or inside an object."""
    for place in trace.places(rng):
        objects = ["", *(pointer for pointer, value in place.nodes() if isinstance(value, dict))]
        at = rng.choice([pointer for pointer in objects if _is_closed(place, pointer)] or [None])
        name, value = rng.choice(_INVENTED)
        if at is None or name in place.schema(at).get("properties", {}):
            continue
        fault = place.fault("unknown_parameter", f"{at}/{name}", "its value is not judged")
        return trace.rewritten(place, place.having(f"{at}/{name}", value), fault)
    return None


def renamed_parameter(trace: Trace, rng: Random) -> Change | None:
    """A parameter under another name; where it is required, the right one is missing as well."""
    for place in trace.places(rng):
        for pointer, value in _members(place, rng):
            parent, _, name = pointer.rpartition("/")
            fresh = f"{name}_{rng.choice(('id', 'code', 'value'))}"
            if fresh in place.schema(parent).get("properties", {}) or not _is_closed(place, parent):
                continue
            left = place.without(pointer)
            faults = [place.fault("unknown_parameter", f"{parent}/{fresh}", "renamed")]
            if _is_required(place, pointer):
                why = "a required parameter under another name is not there under its own"
                faults.append(place.fault("missing_parameter", pointer, why))
            members = left if not parent else _at(left, parent)
            members[fresh] = value
            return trace.rewritten(place, left, *faults)
    return None


def left_out(trace: Trace, rng: Random) -> Change | None:
    """A required parameter that is not there."""
    for place in trace.places(rng):
        for pointer, _ in _members(place, rng):
            if _is_required(place, pointer):
                fault = place.fault("missing_parameter", pointer, "left out")
                return trace.rewritten(place, place.without(pointer), fault)
    return None


def wrong_type(trace: Trace, rng: Random) -> Change | None:
    """A value of another JSON type."""
    for place in trace.places(rng):
        nodes = list(place.nodes())
        for pointer, _ in rng.sample(nodes, len(nodes)):
            schema = place.schema(pointer)
            others = _OTHER_TYPE.get(str(schema.get("type")))
            if others is None or {"anyOf", "oneOf", "allOf", "const"} & schema.keys():
                continue
            faults = [place.fault("wrong_type", pointer, "the value is not judged any further")]
            if "enum" in schema:
                why = "a value of another type is none of those listed"
                faults.append(place.fault("invalid_value", pointer, why))
            return trace.rewritten(place, place.having(pointer, rng.choice(others)), *faults)
    return None


def outside_enum(trace: Trace, rng: Random) -> Change | None:
    """A word beside those that the schema lists."""
    for place in trace.places(rng):
        for pointer, schema in _leaves(place, rng):
            word = rng.choice(("luxury", "super_saver", "standard plus"))
            if "enum" in schema and schema.get("type") == "string" and word not in schema["enum"]:
                return _forbidden(trace, place, pointer, word)
    return None


def outside_range(trace: Trace, rng: Random) -> Change | None:
    """A number beyond the schema's limits."""
    for place in trace.places(rng):
        for pointer, schema in _leaves(place, rng):
            if schema.get("type") not in ("integer", "number"):
                continue
            beyond = [
                schema[limit] + step
                for limit, step in (("maximum", 1013), ("minimum", -1013))
                if limit in schema
            ]
            if beyond:
                return _forbidden(trace, place, pointer, rng.choice(beyond))
    return None


def no_date(trace: Trace, rng: Random) -> Change | None:
    """A date that no calendar has, or that is not written as the schema asks."""
    for place in trace.places(rng):
        for pointer, schema in _leaves(place, rng):
            if schema.get("format") == "date" and schema.keys() <= _PLAIN_DATE:
                value = rng.choice(_NO_DATES)
                if place.related(place.having(pointer, value)):
                    return _forbidden(trace, place, pointer, value)
    return None


def wrong_order(trace: Trace, rng: Random) -> Change | None:
    """Two arguments that belong together, each held by the conversation, the wrong way round."""
    for place in trace.places(rng):
        for relation in place.tool.relations:
            one, other = f"/{relation.argument}", f"/{relation.other}"
            if {relation.argument, relation.other} <= place.arguments.keys():
                low = place.arguments[relation.other]
                swapped = place.having(one, low)
                if relation.kind == "after":
                    swapped[relation.other] = place.arguments[relation.argument]
                if place.rule(one) and place.rule(other) and _same_rule(place, one, other):
                    why = "each value is held, their pair is not allowed"
                    return trace.rewritten(place, swapped, place.fault("invalid_value", one, why))
    return None


def nothing_asked(trace: Trace, rng: Random) -> Change | None:
    """A list that must hold something, and holds nothing."""
    for place in trace.places(rng):
        for pointer, value in place.nodes():
            if isinstance(value, list) and place.schema(pointer).get("minItems", 0) > 0:
                fault = place.fault("invalid_value", pointer, "empty")
                return trace.rewritten(place, place.having(pointer, []), fault)
    return None


def _forbidden(trace: Trace, place: Place, pointer: str, value: Any) -> Change:
    faults = [place.fault("invalid_value", pointer, "the schema does not allow it")]
    rule = place.rule(pointer)
    if rule is not None and "inferred" not in rule.sources:
        faults.append(place.fault("ungrounded_value", pointer, _ALSO_UNSAID))
    return trace.rewritten(place, place.having(pointer, value), *faults)


def _members(place: Place, rng: Random) -> Iterator[tuple[str, Any]]:
    """Named members at any depth, in a random order; items of lists have no name."""
    nodes = [
        (pointer, value)
        for pointer, value in place.nodes()
        if not pointer.rpartition("/")[2].isdigit() and "~" not in pointer
    ]
    yield from rng.sample(nodes, len(nodes))


def _leaves(place: Place, rng: Random) -> Iterator[tuple[str, Any]]:
    """Scalar values, and optional scalars that are not there, with their schemas."""
    there = [p for p, value in place.nodes() if not isinstance(value, dict | list)]
    properties = place.tool.parameters.get("properties", {})
    absent = [
        f"/{name}"
        for name, schema in properties.items()
        if name not in place.arguments and not _may_hold_others(schema)
    ]
    for pointer in rng.sample([*there, *absent], len(there) + len(absent)):
        rule = place.rule(pointer)
        if rule is None or rule.kind != "entity":
            yield pointer, place.schema(pointer)


def _may_hold_others(schema: JsonSchema) -> bool:
    """Whether a value may be an object or a list. `type` is one name or a list of them."""
    named: str | Sequence[str] = schema.get("type", ())
    return not {"object", "array"}.isdisjoint([named] if isinstance(named, str) else named)


def _is_closed(place: Place, pointer: str) -> bool:
    """Whether an object of the schema forbids members that it does not name."""
    schema = place.schema(pointer)
    return schema.get("additionalProperties") is False and "patternProperties" not in schema


def _is_required(place: Place, pointer: str) -> bool:
    """Whether the parent, which is there, must have this member."""
    parent, _, name = pointer.rpartition("/")
    return name in place.schema(parent).get("required", ())


def _same_rule(place: Place, one: str, other: str) -> bool:
    first, second = place.rule(one), place.rule(other)
    return (
        first is not None
        and second is not None
        and (
            (first.kind, first.sources, first.unit, first.when)
            == (second.kind, second.sources, second.unit, second.when)
        )
    )


def _at(value: Any, pointer: str) -> dict[str, Any]:
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if part.isdigit() else value[part]
    return value
