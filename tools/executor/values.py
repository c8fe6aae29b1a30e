"""Argument values as text on the wire: the styles of OpenAPI 3.1, section 4.8.12.2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import orjson

from tools.spec import ParameterStyle

_SEPARATORS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


def plain(value: Any) -> str:
    """A scalar as text: JSON's, but strings without quotes and null as nothing."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def encoded(value: Any) -> str:
    """A scalar, percent-encoded but for RFC 3986's unreserved characters."""
    return quote(plain(value), safe="")


def query_pairs(name: str, value: Any, style: ParameterStyle | None) -> Iterator[str]:
    """The ``name=value`` parts, percent-encoded, of one query argument.

    None as `style` is the default, form and exploded. Null, and empty lists and objects, give no
    part.
    """
    key = quote(name, safe="[]")
    if value is None:
        return
    if style is not None and style.style == "json":
        yield f"{key}={quote(orjson.dumps(value), safe='')}"
    elif isinstance(value, Mapping):
        yield from _object_pairs(key, cast("Mapping[str, Any]", value), style)
    elif isinstance(value, list | tuple):
        yield from _list_pairs(key, cast("Sequence[Any]", value), style)
    else:
        yield f"{key}={encoded(value)}"


def _list_pairs(key: str, values: Sequence[Any], style: ParameterStyle | None) -> Iterator[str]:
    if style is None or style.explode:
        for value in values:
            yield f"{key}={encoded(value)}"
    elif values:
        separator = _SEPARATORS.get(style.style, ",")
        yield f"{key}={separator.join(map(encoded, values))}"


def _object_pairs(
    key: str, value: Mapping[str, Any], style: ParameterStyle | None
) -> Iterator[str]:
    if style is not None and style.style == "deepObject":
        for name, part in value.items():
            inner = f"{key}[{quote(name, safe='')}]"
            if isinstance(part, Mapping):
                yield from _object_pairs(inner, cast("Mapping[str, Any]", part), style)
            elif isinstance(part, list | tuple):
                yield from (f"{inner}={encoded(one)}" for one in cast("Sequence[Any]", part))
            else:
                yield f"{inner}={encoded(part)}"
    elif style is None or style.explode:
        for name, part in value.items():
            yield f"{quote(name, safe='')}={encoded(part)}"
    elif value:
        separator = _SEPARATORS.get(style.style, ",")
        flat = (encoded(one) for pair in value.items() for one in pair)
        yield f"{key}={separator.join(flat)}"


def path_text(name: str, value: Any, style: ParameterStyle | None) -> str:
    """A path argument, percent-encoded: simple unless `style` says label, matrix or json."""
    kind = style.style if style else "simple"
    explode = style.explode if style else False
    if kind == "json":
        return quote(orjson.dumps(value), safe="")
    if kind == "label":
        return "." + _joined(value, "." if explode else ",", explode=explode)
    if kind == "matrix":
        return _matrix(quote(name, safe=""), value, explode=explode)
    return _joined(value, ",", explode=explode)


def header_text(value: Any, style: ParameterStyle | None) -> str:
    """A header argument: simple style, not percent-encoded (header fields are not URIs)."""
    if style is not None and style.style == "json":
        return orjson.dumps(value).decode()
    if isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        if style is not None and style.explode:
            return ",".join(f"{name}={plain(part)}" for name, part in named.items())
        return ",".join(plain(one) for pair in named.items() for one in pair)
    if isinstance(value, list | tuple):
        return ",".join(map(plain, cast("Sequence[Any]", value)))
    return plain(value)


def form_fields(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a form body: lists repeat their field, objects become JSON text."""
    for name, value in body.items():
        parts = cast("list[Any]", value) if isinstance(value, list) else [value]
        for part in parts:
            compound = isinstance(part, dict | list)
            yield name, orjson.dumps(part).decode() if compound else plain(part)


def _joined(value: Any, separator: str, *, explode: bool) -> str:
    if isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        if explode:
            return separator.join(f"{encoded(k)}={encoded(v)}" for k, v in named.items())
        return separator.join(encoded(one) for pair in named.items() for one in pair)
    if isinstance(value, list | tuple):
        return separator.join(map(encoded, cast("Sequence[Any]", value)))
    return encoded(value)


def _matrix(name: str, value: Any, *, explode: bool) -> str:
    if explode and isinstance(value, Mapping):
        return ";" + _joined(value, ";", explode=True)
    if explode and isinstance(value, list | tuple):
        return "".join(f";{name}={encoded(one)}" for one in cast("Sequence[Any]", value))
    return f";{name}={_joined(value, ',', explode=False)}"
