"""The verdict on what a model proposed for a BFCL case, with every fault and where it is.

BFCL's own checker stops at the first fault and calls a renamed parameter a missing one; and it
counts an unreadable call as rightly abstaining. Here each fault is listed, and abstained,
malformed and called are three things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.calls import ProposedCall, Rejection
from agent.json_values import is_object
from training.benchmark.bfcl.data import LEFT_OUT, Answer, Case
from training.benchmark.bfcl.values import member, type_faults, value_faults
from training.benchmark.records import Fault, ProposalKind


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an attempt; it is valid when nothing is.

    `missed` names the wanted calls that none of the proposed ones stands for, `surplus` the
    proposed calls of functions on offer that nobody wanted. `kind` is what the attempt was and
    `wanted` whether that was to be a call.
    """

    kind: ProposalKind
    wanted: bool
    faults: tuple[Fault, ...] = ()
    missed: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the attempt is right."""
        right: ProposalKind = "called" if self.wanted else "abstained"
        return self.kind == right and not (self.faults or self.missed or self.surplus)


def score(case: Case, kind: ProposalKind, calls: Sequence[ProposedCall] = ()) -> Verdict:
    """Judge one attempt. `calls` are those of a "called" one, and empty otherwise."""
    match case.expects:
        case "no call":
            surplus = tuple(call.name for call in calls if case.function(call.name))
            return Verdict(kind, wanted=False, faults=_unknown(case, calls), surplus=surplus)
        case "some call":
            faults = (*_unknown(case, calls), *_ill_formed(case, calls))
            return Verdict(kind, wanted=True, faults=faults)
        case "these calls":
            return _compare(case, kind, calls)


def call_faults(
    arguments: Any, answer: Answer, function: Mapping[str, Any]
) -> tuple[Rejection, ...]:
    """Every fault of a call's arguments against one wanted call of the same function."""
    if not is_object(arguments):
        return (Rejection("malformed", "", "expected a JSON object of arguments"),)
    wanted = [name for name, accepted in answer.accepted.items() if LEFT_OUT not in accepted]
    faults = [*_missing(arguments, (*_required(function), *wanted))]
    properties = _properties(function)
    for name, value in arguments.items():
        pointer = member("", name)
        if name not in properties:
            faults.append(_unknown_parameter(name, function))
        elif name not in answer.accepted:
            faults.append(Rejection("invalid_value", pointer, f"nothing was said about {name}"))
        else:
            faults += value_faults(value, answer.accepted[name], properties[name], pointer)
    return tuple(faults)


def form_faults(arguments: Any, function: Mapping[str, Any]) -> tuple[Rejection, ...]:
    """What is wrong with a call's arguments whatever was asked: names and types."""
    if not is_object(arguments):
        return (Rejection("malformed", "", "expected a JSON object of arguments"),)
    faults = [*_missing(arguments, _required(function))]
    properties = _properties(function)
    for name, value in arguments.items():
        if name not in properties:
            faults.append(_unknown_parameter(name, function))
        else:
            faults += type_faults(value, properties[name], member("", name))
    return tuple(faults)


def _compare(case: Case, kind: ProposalKind, calls: Sequence[ProposedCall]) -> Verdict:
    """Match calls and answers one to one in any order; what is left over is at fault."""
    judged = {
        (at, to): call_faults(call.arguments, answer, function)
        for at, call in enumerate(calls)
        if (function := case.function(call.name)) is not None
        for to, answer in enumerate(case.answers)
        if answer.name == call.name
    }
    pairs = _matching(len(calls), [pair for pair, faults in judged.items() if not faults])
    # Of the rest, each call is held against the answer that it comes nearest to.
    for at, to in sorted(judged, key=lambda pair: len(judged[pair])):
        if at not in pairs and to not in pairs.values():
            pairs[at] = to
    faults = tuple(
        _located(fault, at, calls[at].name)
        for at in sorted(pairs)
        for fault in judged[at, pairs[at]]
    )
    met = set(pairs.values())
    missed = tuple(answer.name for to, answer in enumerate(case.answers) if to not in met)
    surplus = tuple(
        call.name
        for at, call in enumerate(calls)
        if at not in pairs and case.function(call.name) is not None
    )
    everything = (*_unknown(case, calls), *faults)
    return Verdict(kind, wanted=True, faults=everything, missed=missed, surplus=surplus)


def _matching(size: int, edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """A largest set of pairs without a shared end, by augmenting paths (Kuhn 1955)."""
    taken: dict[int, int] = {}

    def place(at: int, seen: set[int]) -> bool:
        for left, to in edges:
            if left == at and to not in seen:
                seen.add(to)
                if to not in taken or place(taken[to], seen):
                    taken[to] = at
                    return True
        return False

    for at in range(size):
        place(at, set())
    return {at: to for to, at in taken.items()}


def _unknown(case: Case, calls: Sequence[ProposedCall]) -> tuple[Fault, ...]:
    return tuple(
        Fault("unknown_tool", 0, at, call.name, "", f"there is no {call.name!r}")
        for at, call in enumerate(calls)
        if case.function(call.name) is None
    )


def _ill_formed(case: Case, calls: Sequence[ProposedCall]) -> Iterator[Fault]:
    for at, call in enumerate(calls):
        function = case.function(call.name)
        for fault in form_faults(call.arguments, function) if function else ():
            yield _located(fault, at, call.name)


def _located(fault: Rejection, at: int, name: str) -> Fault:
    return Fault(fault.code, 0, at, name, fault.pointer, fault.message)


def _missing(arguments: Mapping[str, Any], names: Sequence[str]) -> Iterator[Rejection]:
    for name in dict.fromkeys(names):
        if name not in arguments:
            yield Rejection("missing_parameter", member("", name), f"{name} is wanted")


def _unknown_parameter(name: str, function: Mapping[str, Any]) -> Rejection:
    message = f"{function['name']} takes no {name}"
    return Rejection("unknown_parameter", member("", name), message)


def _required(function: Mapping[str, Any]) -> Sequence[str]:
    return function["parameters"].get("required", ())


def _properties(function: Mapping[str, Any]) -> Mapping[str, Any]:
    return function["parameters"].get("properties", {})
