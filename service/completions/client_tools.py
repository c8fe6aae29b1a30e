"""A client's own tools, as the agent's clearance and grammar see tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from agent.acts import act_text
from agent.engines.base import Message
from agent.json_values import is_object
from service.completions.wire import ChatMessage, Function, FunctionCall, Tool
from service.problems import invalid
from tools.errors import SpecError
from tools.openapi import read_openapi
from tools.spec import ToolSpec

API = "client"


_SHAPES = frozenset({
    "properties", "patternProperties", "additionalProperties", "allOf", "anyOf", "oneOf", "$ref",
})  # fmt: skip
"""What says of an object's schema that there are members."""


@dataclass(frozen=True, slots=True)
class ClientTool:
    """A function as the client knows it (`name`), and as the agent does.

    Names of functions and parameters that no grammar holds ("$city", "check in") are others for
    the agent, and what is no plain list of members is one argument; neither is the client's affair.
    """

    name: str
    spec: ToolSpec

    def told(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The agent's arguments as the client's schema has them."""
        if self.spec.body_argument is not None:
            return arguments.get(self.spec.body_argument, {})
        return {self.spec.wire_names.get(name, name): arguments[name] for name in arguments}

    def heard(self, arguments: Any) -> Any:
        """A client's arguments, of an earlier call, as the agent has them."""
        if self.spec.body_argument is not None:
            return {self.spec.body_argument: arguments}
        if not is_object(arguments):
            return arguments
        names = {wire: name for name, wire in self.spec.wire_names.items()}
        return {names.get(name, name): arguments[name] for name in arguments}


def client_tools(tools: Sequence[Tool]) -> tuple[ClientTool, ...]:
    """A client's functions with their specs.

    A function is read as an OpenAPI operation that takes its parameters as a body, so that rules
    of grounding are inferred for it as for any API, and `x-` extensions in its schema count.
    Raises `Problem` (`validation_failed`) naming the function that cannot be one.
    """
    read: list[ClientTool] = []
    for index, tool in enumerate(tools):
        pointer = f"/tools/{index}/function"
        spec = _spec(tool.function, pointer)
        if any(spec.name == other.spec.name for other in read):
            raise invalid(f"{pointer}/name", f"{spec.name} stands twice; names must differ")
        read.append(ClientTool(tool.function.name, spec))
    return tuple(read)


def _spec(function: Function, pointer: str) -> ToolSpec:
    parameters: dict[str, Any] = function.parameters or {"type": "object"}
    if parameters.get("type", "object") != "object":
        raise invalid(f"{pointer}/parameters", "expected the JSON Schema of an object")
    if _SHAPES.isdisjoint(parameters):
        parameters = {**parameters, "properties": {}}
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


def engine_messages(
    messages: Sequence[ChatMessage], tools: Sequence[ClientTool] = ()
) -> tuple[Message, ...]:
    """A client's chat in the agent's own form: calls as acts, results as observations."""
    known = {tool.name: tool for tool in tools}
    return tuple(_engine_message(message, known) for message in messages)


def _engine_message(message: ChatMessage, known: Mapping[str, ClientTool]) -> Message:
    role = "system" if message.role == "developer" else message.role
    if role == "assistant" and message.tool_calls:
        return Message(role, "\n".join(_act(call.function, known) for call in message.tool_calls))
    return Message(role, message.text)


def _act(call: FunctionCall, known: Mapping[str, ClientTool]) -> str:
    tool = known.get(call.name)
    try:
        arguments = orjson.loads(call.arguments or "{}")
    except orjson.JSONDecodeError:
        # A call that the model itself spoilt: shown as it was, so that it can see what it did.
        return act_text([(call.name, {"": call.arguments})])
    if tool is None:
        return act_text([(call.name, arguments)])
    return act_text([(tool.spec.name, tool.heard(arguments))])
