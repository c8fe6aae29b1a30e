"""Arguments as an HTTP request. What depends on the tool alone is worked out once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import orjson

from tools.executor.values import encoded, form_fields, header_text, path_text, query_pairs
from tools.spec import Location, ToolSpec

_TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")
_UNSAFE_SEGMENTS = ("", ".", "..")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Api:
    """Where a service is, and what every request to it carries: headers, query (API keys)."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])


class UnsendableArguments(ValueError):
    """Arguments that no request can carry: a missing path part, a line break in a header."""


class RequestWriter:
    """Writes the requests of one tool at one API."""

    def __init__(self, tool: ToolSpec, api: Api, timeout: httpx.Timeout) -> None:
        self.tool = tool
        path, _, query = tool.path.partition("#")[0].partition("?")
        self._base = api.base_url.rstrip("/")
        parts = _TEMPLATE.split(path)
        self._literals = parts[::2]
        self._variables = [self._argument(name) for name in parts[1::2]]
        self._fixed_query = [query] if query else []
        self._fixed_query += [f"{encoded(k)}={encoded(v)}" for k, v in api.query.items()]
        self._query = _located(tool, "query")
        self._headers = _located(tool, "header")
        self._body = _located(tool, "body")
        self._extensions = {"timeout": timeout.as_dict()}
        self._base_headers = {
            b"accept": b"application/json, application/problem+json, */*;q=0.1",
            b"user-agent": b"callsign",
            **{name.lower().encode(): _header_bytes(value) for name, value in api.headers.items()},
        }
        if self._body and tool.media_type != "multipart/form-data":
            self._base_headers[b"content-type"] = tool.media_type.encode()
        # Parsing a URL costs more than anything else here: a path that never varies is kept parsed.
        fixed = not self._variables and not self._query
        self._url = httpx.URL(self._address({})) if fixed else None

    def _argument(self, wire_name: str) -> str:
        for name, place in self.tool.locations.items():
            if place == "path" and self.tool.wire_names[name] == wire_name:
                return name
        raise ValueError(f"{self.tool.name}: path variable {wire_name} is no argument")

    def write(
        self, arguments: Mapping[str, Any], headers: Mapping[str, str], idempotency_key: str | None
    ) -> httpx.Request:
        """The request of one call. Raises `UnsendableArguments`."""
        url = self._url or self._address(arguments)
        fields = self._header_fields(arguments, headers, idempotency_key)
        content: bytes | None = None
        if self._body:
            body = self._body_value(arguments)
            if self.tool.media_type == "multipart/form-data":
                return self._multipart(url, fields, body)
            content = self._body_bytes(body)
            if content is None:
                fields.pop(b"content-type", None)
        try:
            return httpx.Request(
                self.tool.method,
                url,
                headers=list(fields.items()),
                content=content,
                extensions=self._extensions,
            )
        except httpx.InvalidURL as error:
            raise UnsendableArguments(str(error)) from error

    def _address(self, arguments: Mapping[str, Any]) -> str:
        pieces = [self._base, self._literals[0]]
        for name, literal in zip(self._variables, self._literals[1:], strict=True):
            pieces += (self._path_part(name, arguments), literal)
        query = [*self._fixed_query]
        for name, wire_name in self._query:
            if name in arguments:
                query += query_pairs(wire_name, arguments[name], self.tool.styles.get(name))
        if query:
            pieces += ("?", "&".join(query))
        return "".join(pieces)

    def _path_part(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name not in arguments:
            raise UnsendableArguments(f"{name} is part of the path and was not given")
        text = path_text(self.tool.wire_names[name], arguments[name], self.tool.styles.get(name))
        if text in _UNSAFE_SEGMENTS:
            raise UnsendableArguments(f"{name} would change which resource is addressed")
        return text

    def _header_fields(
        self, arguments: Mapping[str, Any], headers: Mapping[str, str], key: str | None
    ) -> dict[bytes, bytes]:
        fields = dict(self._base_headers)
        for name, wire_name in self._headers:
            if name in arguments and arguments[name] is not None:
                text = header_text(arguments[name], self.tool.styles.get(name))
                fields[wire_name.lower().encode()] = _header_bytes(text)
        for name, value in headers.items():
            fields[name.lower().encode()] = _header_bytes(value)
        if key is not None and self.tool.idempotency_header is not None:
            fields[self.tool.idempotency_header.lower().encode()] = _header_bytes(key)
        return fields

    def _body_value(self, arguments: Mapping[str, Any]) -> Any:
        if self.tool.body_argument is not None:
            return arguments.get(self.tool.body_argument)
        return {wire: arguments[name] for name, wire in self._body if name in arguments}

    def _body_bytes(self, body: Any) -> bytes | None:
        if body is None:
            return None
        if self.tool.media_type == _FORM and isinstance(body, dict):
            return urlencode(list(form_fields(cast("dict[str, Any]", body)))).encode()
        try:
            return orjson.dumps(body)
        except orjson.JSONEncodeError as error:
            raise UnsendableArguments(str(error)) from error

    def _multipart(
        self, url: httpx.URL | str, fields: dict[bytes, bytes], body: Any
    ) -> httpx.Request:
        named = cast("dict[str, Any]", body if isinstance(body, dict) else {"body": body})
        return httpx.Request(
            self.tool.method,
            url,
            headers=list(fields.items()),
            files=[(name, (None, text.encode())) for name, text in form_fields(named)],
            extensions=self._extensions,
        )


def _located(tool: ToolSpec, location: Location) -> list[tuple[str, str]]:
    """Name and wire name of the arguments that go to one place."""
    return [(name, tool.wire_names[name]) for name, at in tool.locations.items() if at == location]


def _header_bytes(value: str) -> bytes:
    if any(character in "\r\n\0" for character in value):
        raise UnsendableArguments("a header value holds a line break")
    return value.encode()
