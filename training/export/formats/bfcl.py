"""BFCL's questions and possible answers, one file of each.

A question has one turn and functions whose schemas name Python's types (``dict``, ``float``); an
answer lists, for each argument, the values that count, with "" where leaving it out counts too.
Source: Berkeley Function-Calling Leaderboard, version 4 (Patil et al. 2025); our own reader of the
same files is `training.benchmark.bfcl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.json_values import is_array, is_object
from training.export.formats.asked import asked, tools
from training.export.sample import Sample

_TYPES: Mapping[str, str] = {"object": "dict", "number": "float"}
_LEFT_OUT = ""


def bfcl_question(sample: Sample) -> dict[str, Any] | None:
    """A line; None where the row opens with no question that calls answer."""
    one = asked(sample)
    if one is None:
        return None
    return {
        "id": sample.id,
        "question": [[{"role": "user", "content": one.question}]],
        "function": [_function(tool["function"]) for tool in tools(sample)],
    }


def bfcl_answer(sample: Sample) -> dict[str, Any] | None:
    """A line of the answers; None too where no tool helps: BFCL keeps no answer to those."""
    one = asked(sample)
    if one is None or not one.calls:
        return None
    defaults = {
        tool["function"]["name"]: _defaults(tool["function"]["parameters"])
        for tool in tools(sample)
    }
    truth = [{name: _accepted(arguments, defaults.get(name, {}))} for name, arguments in one.calls]
    return {"id": sample.id, "ground_truth": truth}


def _accepted(arguments: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Every argument with what counts for it; a default may be named or left out."""
    given = {
        name: [_listed(value), _LEFT_OUT]
        if name in defaults and defaults[name] == value
        else [_listed(value)]
        for name, value in arguments.items()
    }
    omitted = {
        name: [_listed(value), _LEFT_OUT]
        for name, value in defaults.items()
        if name not in arguments
    }
    return {**given, **omitted}


def _listed(value: Any) -> Any:
    """A value where objects list what counts for each of their members."""
    if is_object(value):
        return {key: [_listed(item)] for key, item in value.items()}
    return [_listed(item) for item in value] if is_array(value) else value


def _defaults(parameters: Mapping[str, Any]) -> dict[str, Any]:
    required = parameters.get("required", ())
    return {
        name: schema["default"]
        for name, schema in parameters.get("properties", {}).items()
        if "default" in schema and name not in required
    }


def _function(function: Mapping[str, Any]) -> dict[str, Any]:
    return {**function, "parameters": _typed(function["parameters"])}


def _typed(schema: Any) -> Any:
    """A schema with Python's names of types; `enum` and `default` stay as they are."""
    if is_array(schema):
        return [_typed(one) for one in schema]
    if not is_object(schema):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "type" and isinstance(value, str):
            kept[key] = _TYPES.get(value, value)
        elif key == "properties" and is_object(value):
            kept[key] = {name: _typed(part) for name, part in value.items()}
        elif key in ("enum", "const", "default", "required"):
            kept[key] = value
        else:
            kept[key] = _typed(value)
    return kept
