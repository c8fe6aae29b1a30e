"""A right reply to each case, made from its accepted values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from agent.calls import ProposedCall
from agent.json_values import is_object
from training.benchmark.bfcl.data import LEFT_OUT, Answer, Case


def gold_calls(case: Case, *, least: bool = False) -> tuple[ProposedCall, ...]:
    """The wanted calls, each parameter with the first value that is accepted for it.

    With `least`, every parameter that may be left out is; else only one for which nothing but
    leaving it out is accepted. A required parameter is always given, one that the function does
    not take never. Seven of BFCL's own answers break their own function's description; where that
    cannot be mended (four of them) the calls made here are not valid either.
    """
    calls: list[ProposedCall] = []
    for number, answer in enumerate(case.answers, 1):
        function = case.function(answer.name) or {}
        arguments = _arguments(answer, function.get("parameters", {}), least=least)
        calls.append(ProposedCall(f"c{number}", answer.name, arguments))
    return tuple(calls)


def _arguments(answer: Answer, parameters: Mapping[str, Any], *, least: bool) -> dict[str, Any]:
    properties = parameters.get("properties", {})
    required = parameters.get("required", ())
    arguments: dict[str, Any] = {}
    for name, accepted in answer.accepted.items():
        values = [value for value in accepted if value != LEFT_OUT]
        needed = name in required
        omitted = not needed and LEFT_OUT in accepted and (least or not values)
        if name in properties and accepted and not omitted:
            arguments[name] = plain((values or accepted)[0])
    return arguments


def any_arguments(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Well-formed required arguments: where any call counts, BFCL names no values as right."""
    values: Mapping[str, Any] = {"integer": 1, "float": 1.0, "boolean": True, "array": [],
                                 "tuple": [], "dict": {}}  # fmt: skip
    properties = parameters["properties"]
    return {
        name: properties[name].get("enum", [values.get(properties[name]["type"], "any")])[0]
        for name in parameters.get("required", ())
    }


def plain(value: Any) -> Any:
    """An accepted value as an argument: an accepted object lists accepted values for each key."""
    if is_object(value):
        members = {key: _first(accepted) for key, accepted in value.items()}
        return {key: item for key, item in members.items() if item != LEFT_OUT}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [plain(item) if is_object(item) else item for item in items]
    return value


def _first(accepted: Sequence[Any]) -> Any:
    return next((item for item in accepted if item != LEFT_OUT), LEFT_OUT)
