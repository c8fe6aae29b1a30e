"""A right reply to each case, made from its accepted values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from agent.calls import ProposedCall
from agent.json_values import is_object
from training.benchmark.bfcl.data import LEFT_OUT, Answer, Case


def gold_calls(case: Case) -> tuple[ProposedCall, ...]:
    """The wanted calls, each parameter with the first value that is accepted for it.

    A parameter for which only leaving it out is accepted is left out, unless the function requires
    it, and so is one that the function does not take. Seven of BFCL's own answers break their own
    function's description; where that cannot be mended the calls made here are not valid either.
    """
    calls: list[ProposedCall] = []
    for number, answer in enumerate(case.answers, 1):
        function = case.function(answer.name) or {}
        parameters: Mapping[str, Any] = function.get("parameters", {})
        arguments = gold_arguments(answer, parameters)
        calls.append(ProposedCall(f"c{number}", answer.name, arguments))
    return tuple(calls)


def gold_arguments(answer: Answer, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of one wanted call of a function with these parameters."""
    properties = parameters.get("properties", {})
    arguments: dict[str, Any] = {}
    for name, accepted in answer.accepted.items():
        values = [value for value in accepted if value != LEFT_OUT]
        if name in properties and values:
            arguments[name] = plain(values[0])
        elif name in parameters.get("required", ()) and accepted:
            arguments[name] = accepted[0]
    return arguments


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
