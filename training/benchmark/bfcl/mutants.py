"""Calls with one thing changed: what a scorer has to tell from right ones.

Every mutant says what was done to it and whether the reply may still be right (`harmless`). Which
call and which parameter is changed is drawn from a seeded generator, so the same seed makes the
same mutants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

from agent.calls import ProposedCall
from agent.json_values import is_array, is_object
from training.benchmark.bfcl.data import LEFT_OUT, Case
from training.benchmark.bfcl.gold import plain

Change = Literal[
    "renamed parameter", "extra parameter", "unasked parameter", "missing parameter",
    "wrong type", "wrong value", "wrong item",
    "wrong function", "invented function", "misspelt function",
    "missing call", "surplus call", "no call",
    "other order", "other spelling", "other accepted value", "whole number for a float",
]  # fmt: skip
HARMLESS: frozenset[Change] = frozenset(
    {"other order", "other spelling", "other accepted value", "whole number for a float"}
)
"""Changes after which the reply should be as right as before."""

Calls = tuple[ProposedCall, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """Calls that differ from the right ones by one change."""

    change: Change
    calls: Calls

    @property
    def harmless(self) -> bool:
        """Whether the change is one that a scorer should forgive."""
        return self.change in HARMLESS


def mutants(case: Case, calls: Calls, random: Random) -> Iterator[Mutant]:
    """The mutants of right calls to a case: as many kinds of change as the calls allow.

    A case without calls has none.
    """
    if not calls:
        return
    at = random.randrange(len(calls))
    call = calls[at]
    function = case.function(call.name) or {}
    properties: Mapping[str, Any] = function.get("parameters", {}).get("properties", {})
    for change, arguments in _argument_changes(case, at, call, properties, random):
        yield Mutant(change, _with(calls, at, replace(call, arguments=arguments)))
    others = [other["name"] for other in case.functions if other["name"] != call.name]
    if others:
        other = replace(call, name=random.choice(others))
        yield Mutant("wrong function", _with(calls, at, other))
    invented = replace(call, name=f"{call.name}_v2")
    yield Mutant("invented function", _with(calls, at, invented))
    misspelt = replace(call, name=call.name.swapcase())
    yield Mutant("misspelt function", _with(calls, at, misspelt))
    yield Mutant("surplus call", (*calls, call))
    yield Mutant("missing call" if len(calls) > 1 else "no call", calls[:at] + calls[at + 1 :])
    if len(calls) > 1:
        yield Mutant("other order", calls[::-1])


def _with(calls: Calls, at: int, call: ProposedCall) -> Calls:
    return (*calls[:at], call, *calls[at + 1 :])


def _argument_changes(
    case: Case, at: int, call: ProposedCall, properties: Mapping[str, Any], random: Random
) -> Iterator[tuple[Change, dict[str, Any]]]:
    given: dict[str, Any] = call.arguments
    unused = [name for name in properties if name not in given]
    yield "extra parameter", {**given, "made_up": "yes"}
    if unused:
        name = random.choice(unused)
        yield "unasked parameter", {**given, name: _sample(properties[name])}
    if not given:
        return
    name = random.choice(list(given))
    rest = {key: value for key, value in given.items() if key != name}
    yield "renamed parameter", {**rest, f"{name}_name": given[name]}
    wanted = [key for key in given if _is_wanted(key, case, at)]
    if wanted:
        name = random.choice(wanted)
        yield "missing parameter", {key: value for key, value in given.items() if key != name}
    name = random.choice(list(given))
    yield "wrong type", {**given, name: _other_type(given[name], random)}
    yield "wrong value", {**given, name: _other_value(given[name], properties.get(name, {}))}
    nested = [
        key for key, value in given.items() if value and (is_array(value) or is_object(value))
    ]
    if nested:
        name = random.choice(nested)
        yield "wrong item", {**given, name: _other_item(given[name], random)}
    yield from _forgivable(case, at, given, properties, random)


def _is_wanted(name: str, case: Case, at: int) -> bool:
    function = case.function(case.answers[at].name) or {}
    required = function.get("parameters", {}).get("required", ())
    return name in required or LEFT_OUT not in case.answers[at].accepted[name]


def _forgivable(
    case: Case, at: int, given: dict[str, Any], properties: Mapping[str, Any], random: Random
) -> Iterator[tuple[Change, dict[str, Any]]]:
    texts = [name for name, value in given.items() if isinstance(value, str)]
    if texts:
        name = random.choice(texts)
        yield "other spelling", {**given, name: given[name].swapcase().replace(" ", ", ")}
    floats = [
        name
        for name, value in given.items()
        if isinstance(value, float) and value.is_integer() and properties[name]["type"] == "float"
    ]
    if floats:
        name = random.choice(floats)
        yield "whole number for a float", {**given, name: int(given[name])}
    for name, accepted in case.answers[at].accepted.items():
        others = [value for value in accepted[1:] if value != LEFT_OUT]
        if name in given and others:
            yield "other accepted value", {**given, name: plain(random.choice(others))}


def _sample(schema: Mapping[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    samples: Mapping[str, Any] = {"integer": 7, "float": 7.5, "boolean": True, "array": ["seven"],
                                  "tuple": [7, 7], "dict": {"seven": 7}}  # fmt: skip
    return samples.get(str(schema.get("type")), "seven")


def _other_type(value: Any, random: Random) -> Any:
    others: list[Any] = [str(value), [value], {"value": value}, None]
    if isinstance(value, bool):
        others.append(int(value))
    elif isinstance(value, int):
        others += [float(value), True]
    elif isinstance(value, str):
        others = [[value], {"value": value}, None, 7, True]
    elif is_array(value):
        others = [str(value), {"value": value}, None]
    elif is_object(value):
        others = [str(value), [value], None]
    return random.choice(others)


def _other_value(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        others = [other for other in schema.get("enum", ()) if other != value]
        return others[0] if others else f"{value} or so"
    if is_array(value):
        return value[:-1]
    return {key: value[key] for key in [*value][:-1]} if is_object(value) else 0


def _other_item(value: list[Any] | dict[str, Any], random: Random) -> Any:
    """The list or object with one entry of another value or type, one level down."""
    if isinstance(value, dict):
        key = random.choice([*value])
        return {**value, key: _other(value[key], random)}
    at = random.randrange(len(value))
    return [*value[:at], _other(value[at], random), *value[at + 1 :]]


def _other(value: Any, random: Random) -> Any:
    return random.choice((_other_value(value, {}), _other_type(value, random)))
