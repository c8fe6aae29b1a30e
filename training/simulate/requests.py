"""A request on the wire as the tool that it calls and its arguments: the executor, backwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import orjson

from agent.json_values import is_array, is_object
from agent.observation import schema_of
from tools.spec import JsonSchema, ToolSpec

_VARIABLE = re.compile(r"\{([^{}/?#]+)\}")
_EXPLODED = "exploded"
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True, slots=True)
class Received:
    """A request that a tool of the API answers. `path` is its path, `variables` those in it."""

    tool: ToolSpec
    arguments: Mapping[str, Any]
    path: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Route:
    tool: ToolSpec
    pattern: re.Pattern[str]
    literals: int


class Routes:
    """The operations of one API, found by method and path; of several the most literal one."""

    def __init__(self, tools: Iterable[ToolSpec]) -> None:
        routes = [_route(tool) for tool in tools]
        routes.sort(key=lambda one: -one.literals)
        self._routes: Sequence[_Route] = routes

    def receive(self, request: httpx.Request) -> Received | None:
        """What a request asks for; None where the API has no such operation."""
        path = request.url.raw_path.decode().partition("?")[0]
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found is not None and route.tool.method == request.method:
                names = _VARIABLE.findall(route.tool.path.partition("?")[0])
                variables = dict(zip(names, map(unquote, found.groups()), strict=True))
                return Received(
                    route.tool, _arguments(route.tool, request, variables), path, variables
                )
        return None


def _route(tool: ToolSpec) -> _Route:
    path = tool.path.partition("#")[0].partition("?")[0]
    pieces = _VARIABLE.split(path)
    pattern = "".join(
        "([^/]+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
    )
    return _Route(tool, re.compile(pattern), len("".join(pieces[::2])))


def _arguments(
    tool: ToolSpec, request: httpx.Request, variables: Mapping[str, str]
) -> dict[str, Any]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.url.query.decode(), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    schemas = tool.parameters.get("properties", {})
    body = _body(tool, request)
    found: dict[str, Any] = {}
    for name, place in tool.locations.items():
        schema, wire = schemas.get(name, {}), tool.wire_names[name]
        style = tool.styles.get(name)
        written = style.style if style else ""
        if place == "body":
            if name == tool.body_argument and request.content:
                found[name] = body
            elif is_object(body) and wire in body:
                found[name] = body[wire]
        elif place == "query" and written == "deepObject":
            found |= _deep(name, wire, schema, query)
        else:
            header = request.headers.get_list(wire) if place == "header" else []
            texts = header or query.get(wire, []) if place != "path" else [variables[wire]]
            if texts:
                exploded = place == "query" and (style is None or style.explode)
                found[name] = _typed(texts, schema, _EXPLODED if exploded else written)
    return found


def _deep(
    name: str, wire: str, schema: JsonSchema, query: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """An object that stands in the query as ``name[member]=value``."""
    inner = schema.get("properties", {})
    members = {
        key[len(wire) + 1 : -1]: texts for key, texts in query.items() if key.startswith(f"{wire}[")
    }
    value = {
        member: _typed(texts, inner.get(member, {}), _EXPLODED) for member, texts in members.items()
    }
    return {name: value} if value else {}


def _body(tool: ToolSpec, request: httpx.Request) -> Any:
    if not request.content:
        return None
    if tool.media_type == "application/x-www-form-urlencoded":
        schemas = tool.parameters.get("properties", {})
        fields: dict[str, list[str]] = {}
        for wire, value in parse_qsl(request.content.decode(), keep_blank_values=True):
            fields.setdefault(wire, []).append(value)
        return {
            wire: _typed(values, schemas.get(wire, {}), _EXPLODED)
            for wire, values in fields.items()
        }
    try:
        return orjson.loads(request.content)
    except orjson.JSONDecodeError:
        return request.content.decode(errors="replace")


def _typed(texts: Sequence[str], schema: JsonSchema, style: str) -> Any:
    """Texts as the value that a schema describes; as they are where they are no such value."""
    if style == "json":
        return _json(texts[0])
    kind = schema.get("type")
    if kind == "array":
        inner = schema_of(schema.get("items"))
        split = texts if style == _EXPLODED else texts[0].split(_SEPARATORS.get(style, ","))
        return [_typed([one], inner, "") for one in split]
    text = texts[0]
    kinds: list[Any] = kind if is_array(kind) else [kind]
    if "string" in kinds or kinds == [None]:
        enum = schema.get("enum", ())
        return next((one for one in enum if not isinstance(one, str) and str(one) == text), text)
    return _json(text)


def _json(text: str) -> Any:
    """What a text says as JSON; the text itself where it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
