"""Clearance: one judgement of a call, for the service, the dataset filter and the benchmark.

`clear` is pure. It reads nothing but its arguments, does no I/O, and names every fault of a call
with a code and a JSON pointer (RFC 6901), never only the first.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from agent.acts import is_reply
from agent.calls import Cleared, ProposedCall, Provenance, Rejected, Rejection, RejectionCode
from agent.evidence.candidates import candidates
from agent.evidence.facts import Evidence, Scalar
from agent.evidence.grounding import Ungrounded, ground
from agent.json_values import is_array, is_object
from tools.spec import Relation, ToolSpec, ValueRule

_SHORT_LIST = 8
_CODES: Mapping[str, RejectionCode] = {
    "required": "missing_parameter",
    "additionalProperties": "unknown_parameter",
    "unevaluatedProperties": "unknown_parameter",
    "type": "wrong_type",
}
_INFERRED = ValueRule(kind="text", sources=frozenset({"inferred"}))


@dataclass(frozen=True, slots=True)
class Policy:
    """What clearance must know beyond the call itself.

    `now` is the conversation's clock (aware). `executed` holds the `signature` of every call that
    must not run again. `approved` holds the signatures of the writes that a person approved;
    None means that writes are only being proposed, and nothing will run without asking.
    """

    now: datetime
    executed: frozenset[str] = frozenset()
    approved: frozenset[str] | None = None


def signature(tool: ToolSpec, arguments: Mapping[str, Any]) -> str:
    """The canonical form of a call: two calls that ask for the same thing have the same one.

    Keys are sorted, arguments equal to their schema's default left out, 2.0 written as 2.
    """
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    kept = {
        name: _canonical(value)
        for name, value in arguments.items()
        if "default" not in properties.get(name, {}) or properties[name]["default"] != value
    }
    return f"{tool.name} {json.dumps(kept, sort_keys=True, separators=(',', ':'))}"


def clear(
    call: ProposedCall, tools: Mapping[str, ToolSpec], evidence: Evidence, policy: Policy
) -> Cleared | Rejected:
    """Judge one proposed call against the tools on offer, the evidence and the policy.

    `tools` maps names to specs, reply acts included. Returns `Cleared` with the provenance of
    every scalar argument, or `Rejected` with all faults, in the order in which they stand in the
    call's schema.
    """
    tool = tools.get(call.name)
    if tool is None:
        return _rejected(call, [_unknown_tool(call.name, tools)])
    if not is_object(call.arguments):
        fault = Rejection("malformed", "", "expected a JSON object of arguments")
        return _rejected(call, [fault])
    arguments = call.arguments
    faults = list(_schema_faults(tool, arguments))
    provenance, ungrounded = _ground_leaves(tool, arguments, evidence, policy.now, faults)
    faults += ungrounded
    faults += _relation_faults(tool, arguments)
    faults += _policy_faults(tool, arguments, policy)
    if faults:
        return _rejected(call, faults)
    return Cleared(call.id, tool, arguments, provenance)


def clear_act(
    act: Sequence[ProposedCall], tools: Mapping[str, ToolSpec], evidence: Evidence, policy: Policy
) -> list[Cleared | Rejected]:
    """Judge the calls of one act together: no call twice, and a reply stands alone."""
    executed = policy.executed
    verdicts: list[Cleared | Rejected] = []
    for call in act:
        verdict = clear(call, tools, evidence, replace(policy, executed=executed))
        if isinstance(verdict, Cleared):
            executed |= {signature(verdict.tool, verdict.arguments)}
            if is_reply(verdict.tool) and len(act) > 1:
                verdict = _rejected(call, [Rejection("malformed", "", "a reply stands alone")])
        verdicts.append(verdict)
    return verdicts


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Scalar]]:
    """Every scalar inside a JSON value with its JSON pointer; null is no scalar here."""
    found: list[tuple[str, Scalar]] = []
    _collect(value, pointer, found)
    return iter(found)


def _collect(value: Any, pointer: str, found: list[tuple[str, Scalar]]) -> None:
    if is_object(value):
        for key, item in value.items():
            _collect(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", found)
    elif is_array(value):
        for index, item in enumerate(value):
            _collect(item, f"{pointer}/{index}", found)
    elif value is not None:
        found.append((pointer, value))


def _rejected(call: ProposedCall, faults: Sequence[Rejection]) -> Rejected:
    return Rejected(call.id, call.name, call.arguments, tuple(faults))


def _unknown_tool(name: str, tools: Mapping[str, ToolSpec]) -> Rejection:
    near = difflib.get_close_matches(name, tools, n=3) or sorted(tools)[:_SHORT_LIST]
    message = f"there is no tool {name!r}; allowed: {', '.join(near)}"
    return Rejection("unknown_tool", "", message)


def _schema_faults(tool: ToolSpec, arguments: Mapping[str, Any]) -> Iterator[Rejection]:
    for error in _validator(orjson.dumps(tool.parameters)).iter_errors(arguments):
        pointer = "".join(f"/{part}" for part in error.instance_path)
        kind = error.kind
        code = _CODES.get(kind.name, "invalid_value")
        if code == "unknown_parameter":
            for extra in kind.as_dict()["unexpected"]:
                yield _unknown_parameter(tool, pointer, extra)
        elif code == "missing_parameter":
            name = kind.as_dict()["property"]
            yield Rejection(code, f"{pointer}/{name}", f"{name} is required")
        else:
            yield Rejection(code, pointer, str(error.message))


def _unknown_parameter(tool: ToolSpec, pointer: str, name: str) -> Rejection:
    known: Mapping[str, Any] = schema_at(tool.parameters, pointer).get("properties", {})
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; allowed: {', '.join(known)}"
    return Rejection("unknown_parameter", f"{pointer}/{name}", f"there is no {name}{hint}")


@lru_cache(maxsize=4096)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema), validate_formats=True)


def schema_at(schema: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
    """The subschema that describes the value at a JSON pointer; {} where none does."""
    for part in pointer.split("/")[1:]:
        step = schema.get("items") if part.isdigit() and "items" in schema else None
        schema = step or schema.get("properties", {}).get(part) or {}
    return schema


def _ground_leaves(
    tool: ToolSpec,
    arguments: Mapping[str, Any],
    evidence: Evidence,
    now: datetime,
    faults: Sequence[Rejection],
) -> tuple[dict[str, Provenance], list[Rejection]]:
    """Provenance of each scalar, and a fault for each that nothing in the evidence holds.

    A value that already has the wrong shape or an unknown name is not judged a second time.
    """
    judged = tuple(
        fault.pointer for fault in faults if fault.code in {"unknown_parameter", "wrong_type"}
    )
    provenance: dict[str, Provenance] = {}
    ungrounded: list[Rejection] = []
    for pointer, value in leaves(arguments):
        if any(pointer == path or pointer.startswith(f"{path}/") for path in judged):
            continue
        rule = tool.rule_at(pointer) or _INFERRED
        if (
            "default" in rule.sources
            and schema_at(tool.parameters, pointer).get("default") == value
        ):
            provenance[pointer] = Provenance("default", tool.name)
            continue
        match ground(value, rule, evidence, now):
            case Ungrounded(reason=reason):
                allowed = [str(fact.value) for fact in candidates(rule, evidence, now)]
                ungrounded.append(_ungrounded(pointer, value, rule.entity, reason, allowed))
            case grounded:
                provenance[pointer] = Provenance(grounded.fact.source, grounded.fact.ref)
    return provenance, ungrounded


def _ungrounded(
    pointer: str, value: Scalar, entity: str | None, reason: str, allowed: Sequence[str]
) -> Rejection:
    if entity is not None:
        what = {
            "foreign": f"{value!r} is no {entity} of this conversation",
            "expired": f"{value!r} has expired; search again",
        }.get(reason, f"no result holds a {entity} {value!r}")
        code: RejectionCode = "foreign_id"
    else:
        what = f"nothing that the user said or a result held gives {value!r}"
        code = "ungrounded_value"
    if allowed and len(allowed) <= _SHORT_LIST:
        # Between quotation marks a value has the tokens that it has in a call.
        what += "; allowed: " + ", ".join(f'"{one}"' for one in allowed)
    elif not allowed:
        what += "; ask the user or call a read that returns it"
    return Rejection(code, pointer, what)


def holds(relation: Relation, value: Any, other: Any) -> bool:
    """Whether a pair of arguments satisfies a relation; a pair with a gap does."""
    if value is None or other is None:
        return True
    if relation.kind == "differs":
        return value != other
    # ISO dates and HH:MM times order as text. Of other types clearance finds fault elsewhere.
    if isinstance(value, str) and isinstance(other, str):
        return value > other
    if isinstance(value, (int, float)) and isinstance(other, (int, float)):
        return value > other
    return True


def _relation_faults(tool: ToolSpec, arguments: Mapping[str, Any]) -> Iterator[Rejection]:
    for relation in tool.relations:
        value, other = arguments.get(relation.argument), arguments.get(relation.other)
        if not holds(relation, value, other):
            verb = "differ from" if relation.kind == "differs" else "be after"
            message = f"{relation.argument} must {verb} {relation.other} ({other})"
            yield Rejection("invalid_value", f"/{relation.argument}", message)


def _policy_faults(
    tool: ToolSpec, arguments: Mapping[str, Any], policy: Policy
) -> Iterator[Rejection]:
    name = signature(tool, arguments)
    if name in policy.executed:
        message = "this very call was made already; use its result or change it"
        yield Rejection("duplicate_call", "", message)
    if tool.effect == "write" and policy.approved is not None and name not in policy.approved:
        message = "a write needs the user's approval of exactly these arguments"
        yield Rejection("unapproved_write", "", message)


def _canonical(value: Any) -> Any:
    if is_object(value):
        return {key: _canonical(item) for key, item in value.items()}
    if is_array(value):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
