"""Finishes the OpenAPI document that FastAPI generates.

Adds what the pipeline takes (its headers) and answers (`Problem`), and moves extensions of
parameters to where tools look for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from tools.mock.core.faults import Fault
from tools.mock.core.operations import Behaviour
from tools.mock.core.problems import PROBLEM_TYPES

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})

_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "An error, after RFC 9457.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "retryable", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Names the kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {
            "type": "string",
            "description": "What went wrong this time, and how to mend it.",
        },
        "code": {"type": "string", "enum": list(PROBLEM_TYPES)},
        "retryable": {
            "type": "boolean",
            "description": "Whether the same request may succeed when it is sent again.",
        },
        "request_id": {"type": "string", "description": "X-Request-Id if it was sent, else ours."},
        "errors": {
            "type": "array",
            "description": "Every fault of an invalid request.",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer to the argument."},
                    "message": {"type": "string"},
                },
            },
        },
    },
}

_SANDBOX_HEADER: dict[str, Any] = {
    "name": "X-Sandbox",
    "in": "header",
    "required": False,
    "x-internal": True,
    "description": "The isolated world to work in.",
    "schema": {"type": "string", "default": "default", "maxLength": 64, "x-internal": True},
}

_KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "x-internal": True,
    "description": "A value of the caller's own; a repeated request with it is not done twice.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$", "x-internal": True},
}


def finish(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the pipeline's headers and problems."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for operation in _operations(document):
        parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
        for parameter in parameters:
            _tidy(parameter)
        if "x-effect" in operation:
            parameters.append(_SANDBOX_HEADER)
        idempotency = operation.pop("x-idempotency", "none")
        if idempotency != "none":
            parameters.append(_KEY_HEADER | {"required": idempotency == "required"})
    return _whole_numbers(document)


def _whole_numbers(value: Any) -> Any:
    """Bounds of integers as integers: FastAPI writes the 9 of ``maximum`` as 9.0."""
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def faults_by_operation(document: Mapping[str, Any]) -> dict[str, frozenset[Fault]]:
    """Which faults can hit which operation of an API."""
    behaviours = [Behaviour.of(item["operationId"], item) for item in _operations(document)]
    return {behaviour.operation: behaviour.faults for behaviour in behaviours}


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method in _METHODS:
                yield operation


def _tidy(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    if schema.get("x-internal"):
        parameter["x-internal"] = True
    # A parameter in a URL is left out or there; it is never null.
    for choice in schema.pop("anyOf", ()):
        if choice.get("type") != "null":
            schema.update(choice)
