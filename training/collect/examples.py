"""API-call examples of an operation: from its document, from its schemas, from recorded traffic."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import jsonschema_rs
import orjson

from agent.json_values import is_object
from tools.errors import UnresolvableReference
from tools.openapi.arguments import pick_media_type
from tools.openapi.document import Json, as_list, as_object, resolve
from tools.spec import JsonSchema, ToolSpec
from training.collect import arguments
from training.collect.portions import Recorded
from training.collect.secrets import is_secret, looks_secret, scrubbed
from training.collect.values import is_plumbing
from training.records import Example
from training.simulate.requests import Routes
from training.simulate.samples import Samples, UnsimulatableError

TODAY = date(2026, 11, 22)
"""The day from which sampled dates are seen, that of `training.worlds.NOW`."""

_MOST = 2
_LONGEST_RESPONSE = 8_000


def examples_of(
    document: Json,
    operation: Json,
    tool: ToolSpec,
    recorded: Sequence[Recorded],
    rng: random.Random,
) -> tuple[Example, ...]:
    """Every example that keeps the tool's schema, each once: recorded ones first, sampled last.

    A sampled one stands in where a person could supply its values, or else where the schema
    alone tells them. Answers of more than a few kilobytes are left out.
    """
    valid = jsonschema_rs.Draft202012Validator(dict(tool.parameters), validate_formats=True)
    answer = _answer(document, operation)
    found: dict[bytes, Example] = {}
    candidates = [
        *_recorded(tool, recorded),
        *_documented(document, operation, tool, answer),
        *_sampled(tool, rng),
    ]
    for one in candidates:
        if valid.is_valid(one.arguments):
            key = orjson.dumps(one.arguments, option=orjson.OPT_SORT_KEYS)
            found.setdefault(key, one)
    return tuple(found.values())


def shown(tool: ToolSpec, examples: Sequence[Example]) -> ToolSpec:
    """The tool with the values that its examples show, from which later ones are drawn.

    Values of calls that an API answered stand alone: they are known to work. Those of the
    document's examples stand in where the schema has none of its own.
    """
    named: Mapping[str, JsonSchema] = tool.parameters.get("properties", {})
    answered = [one for one in examples if one.status is not None and 200 <= one.status < 300]
    stated = [one for one in examples if one.origin == "document"]
    changed: dict[str, JsonSchema] = {}
    for name, schema in named.items():
        own = [*schema.get("examples", ())]
        values = _values_of(name, answered) or own or _values_of(name, stated)
        if values and values != schema.get("examples"):
            changed[name] = {**schema, "examples": values}
    if not changed:
        return tool
    parameters = {**tool.parameters, "properties": {**named, **changed}}
    return replace(tool, parameters=parameters)


def _values_of(name: str, examples: Sequence[Example]) -> list[Any]:
    found: list[Any] = []
    for one in examples:
        value = one.arguments.get(name)
        if isinstance(value, str | int | float) and value not in found:
            found.append(value)
    return found


def _recorded(tool: ToolSpec, recorded: Sequence[Recorded]) -> Iterator[Example]:
    if not recorded:
        return
    routes = Routes([tool])
    for call in recorded:
        headers = {"content-type": call.media_type} if call.media_type else {}
        query = f"?{call.query}" if call.query else ""
        request = httpx.Request(
            call.method,
            f"http://recorded{call.path}{query}",
            headers=headers,
            content=call.sent.encode(),
        )
        received = routes.receive(request)
        if received is not None:
            known = tool.parameters.get("properties", {})
            said = {name: value for name, value in received.arguments.items() if name in known}
            # A parameter may hold JSON, and an argument be called otherwise than on the wire.
            if scrubbed(said) == said:
                yield Example(said, "recorded", call.status, kept_answer(call.body))


def _documented(document: Json, operation: Json, tool: ToolSpec, answer: Any) -> Iterator[Example]:
    """The examples that a document's author wrote: the first of each part together, the second."""
    parts = _stated(document, operation, tool)
    if not parts and tool.parameters.get("required"):
        return
    for number in range(min(_MOST, max(map(len, parts.values()), default=0))):
        said: dict[str, Any] = {}
        for name, values in parts.items():
            value = values[min(number, len(values) - 1)]
            if not is_secret(name) and not is_plumbing(name) and not looks_secret(value):
                said[name] = value
        yield Example(said, "document", response=answer)


def _stated(document: Json, operation: Json, tool: ToolSpec) -> Mapping[str, Sequence[Any]]:
    """The examples of each argument, of a body's members as the whole body's examples have them."""
    parts: dict[str, list[Any]] = {}
    named = {(place, tool.wire_names[name]): name for name, place in tool.locations.items()}
    known = tool.parameters.get("properties", {})
    for node in as_list(operation.get("parameters")):
        parameter = _resolved(document, node)
        name = named.get((parameter.get("in"), parameter.get("name")))  # type: ignore[arg-type]
        values = _examples(document, parameter)
        if name is not None and name in known and values:
            parts[name] = values
    content = as_object(_resolved(document, operation.get("requestBody")).get("content"))
    for body in _examples(document, as_object(content.get(pick_media_type(content) or ""))):
        if tool.body_argument is not None:
            parts.setdefault(tool.body_argument, []).append(body)
        elif is_object(body):
            for wire, value in body.items():
                name = named.get(("body", wire))
                if name is not None and name in known:
                    parts.setdefault(name, []).append(value)
    return parts


def _examples(document: Json, holder: Json) -> list[Any]:
    """The examples of a parameter or media type: ``example``, ``examples``, its schema's own."""
    if "example" in holder:
        return [holder["example"]]
    listed = [_resolved(document, one) for one in as_object(holder.get("examples")).values()]
    values = [one["value"] for one in listed if "value" in one]
    schema = _resolved(document, holder.get("schema"))
    own = [schema["example"]] if "example" in schema else as_list(schema.get("examples"))
    return values or own


def _answer(document: Json, operation: Json) -> Any:
    """The first example of a successful answer; None where there is none."""
    responses = {str(key): one for key, one in as_object(operation.get("responses")).items()}
    for code in sorted(one for one in responses if one.startswith("2")):
        content = as_object(_resolved(document, responses[code]).get("content"))
        found = _examples(document, as_object(content.get(pick_media_type(content) or "")))
        if found:
            return kept_answer(found[0])
    return None


def _sampled(tool: ToolSpec, rng: random.Random) -> Iterator[Example]:
    drawn = arguments.sample(tool, rng, TODAY)
    if isinstance(drawn, arguments.Example):
        yield Example(drawn.arguments, "sampled")
        return
    required = tool.parameters.get("required", ())
    named: Mapping[str, JsonSchema] = tool.parameters.get("properties", {})
    samples = Samples(rng.getrandbits(31), TODAY)
    try:
        said = {name: samples.draw(name, named[name], tool.name, name) for name in required}
    except UnsimulatableError:
        return
    yield Example(said, "sampled")


def _resolved(document: Json, node: Any) -> Json:
    try:
        return as_object(resolve(document, node))
    except UnresolvableReference:
        return {}


def kept_answer(answer: Any) -> Any:
    """An answer that is not too long to keep."""
    try:
        return answer if len(orjson.dumps(answer)) <= _LONGEST_RESPONSE else None
    except orjson.JSONEncodeError:
        return None
