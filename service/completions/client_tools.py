"""A client's own tools, as the agent's clearance and grammar see tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from agent.acts import act_text
from agent.engines.base import Message
from service.completions.wire import ChatMessage, Function, FunctionCall, Tool
from service.problems import invalid
from tools.errors import SpecError
from tools.openapi import read_openapi
from tools.spec import ToolSpec

API = "client"


def tool_specs(tools: Sequence[Tool]) -> tuple[ToolSpec, ...]:
    """The specs of a client's functions.

    A function is read as an OpenAPI operation that takes its parameters as a body, so that rules
    of grounding are inferred for it as for any API, and `x-` extensions in its schema count.
    Raises `Problem` (`validation_failed`) naming the function that cannot be one.
    """
    specs: list[ToolSpec] = []
    for index, tool in enumerate(tools):
        pointer = f"/tools/{index}/function"
        spec = _spec(tool.function, pointer)
        if any(spec.name == other.name for other in specs):
            raise invalid(f"{pointer}/name", f"{spec.name} stands twice; names must differ")
        specs.append(spec)
    return tuple(specs)


def _spec(function: Function, pointer: str) -> ToolSpec:
    parameters = function.parameters or {"type": "object", "properties": {}}
    if parameters.get("type", "object") != "object":
        raise invalid(f"{pointer}/parameters", "expected the JSON Schema of an object")
    operation: dict[str, Any] = {
        "operationId": function.name,
        "description": function.description or function.name.replace("_", " "),
        # The client runs it and answers for its effect; what is decided here is only the call.
        "x-effect": "read",
        "requestBody": {"required": True, "content": {"application/json": {"schema": parameters}}},
        "responses": {"200": {"description": "What the client reports."}},
    }
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": API, "version": "1"},
        "paths": {f"/{function.name}": {"post": operation}},
    }
    for definitions in ("$defs", "definitions"):
        # References in the parameters are relative to the parameters.
        if definitions in parameters:
            document[definitions] = parameters[definitions]
    try:
        reading = read_openapi(document, api=API)
    except SpecError as error:
        raise invalid(f"{pointer}/parameters", str(error)) from error
    if not reading.tools:
        skipped = reading.skipped[0]
        raise invalid(f"{pointer}/parameters", f"{skipped.reason}: {skipped.detail}")
    return reading.tools[0]


def engine_messages(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """A client's chat in the agent's own form: calls as acts, results as observations."""
    return tuple(map(_engine_message, messages))


def _engine_message(message: ChatMessage) -> Message:
    role = "system" if message.role == "developer" else message.role
    if role == "assistant" and message.tool_calls:
        return Message(role, "\n".join(_act(call.function) for call in message.tool_calls))
    return Message(role, message.text)


def _act(call: FunctionCall) -> str:
    try:
        arguments = orjson.loads(call.arguments or "{}")
    except orjson.JSONDecodeError:
        # A call that the model itself spoilt: shown as it was, so that it can see what it did.
        arguments = {"": call.arguments}
    return act_text([(call.name, arguments)])
