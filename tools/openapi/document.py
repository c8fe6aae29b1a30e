"""OpenAPI documents as plain JSON values, from wherever they are kept."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import httpx
import orjson
import yaml

from tools.errors import SpecError, UnresolvableReference

Json = Mapping[str, Any]
Source = Json | bytes | str | Path

_REFERENCE_HOPS = 32


class _Loader(yaml.CSafeLoader):
    """YAML with the scalar types of JSON only (the core schema of YAML 1.2).

    PyYAML reads YAML 1.1, where ``no`` is false, ``12:30`` is 750 and ``2027-03-03`` is a date.
    Keys are always strings, since status codes are often written without quotes.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        mapping: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise SpecError(f"a YAML key that is no scalar, at line {key.start_mark.line + 1}")
            child = self.construct_object(value, deep=deep)  # pyright: ignore[reportUnknownMemberType]
            mapping[key.value] = child
        return mapping


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^{_pattern}$"), _first
    )


def _int(loader: _Loader, node: yaml.ScalarNode) -> int | str:
    """A whole number. What no JSON writer takes stays a text: digits so long are an identifier."""
    value = int(node.value)
    return value if -(2**63) <= value < 2**64 else node.value


def _float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def load(source: Source) -> Json:
    """The document as a JSON object.

    `source` is the object itself, JSON or YAML text (bytes or str), or the path of a file.
    Raises `SpecError` when it is neither JSON nor YAML, or no object; OSError from the file.
    """
    if isinstance(source, Mapping):
        return source
    raw = source.read_bytes() if isinstance(source, Path) else source
    value = _parse(raw)
    if not isinstance(value, dict):
        raise SpecError("an OpenAPI document is a JSON object")
    return cast("Json", value)


async def fetch(url: str, client: httpx.AsyncClient) -> Json:
    """The document behind a URL. Raises `SpecError` when it cannot be had."""
    try:
        response = await client.get(url, follow_redirects=True)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise SpecError(f"cannot read {url}: {error}") from error
    return load(response.content)


def _parse(raw: bytes | str) -> Any:
    if raw.lstrip()[:1] in (b"{", "{"):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass  # a YAML flow mapping begins with a brace too
    try:
        return yaml.load(raw, Loader=_Loader)  # noqa: S506 - a safe loader with fewer types
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SpecError(f"neither JSON nor YAML: {error}") from error


def as_object(value: Any) -> Json:
    """`value` where it is an object, else an empty one: for parts that a document may lack."""
    return cast("Json", value) if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """`value` where it is a list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def resolve(document: Json, node: Any) -> Any:
    """The value that `node` stands for: itself, or what its chain of local `$ref`s leads to.

    Raises `UnresolvableReference` when a reference is foreign, dangling or circular.
    """
    for _ in range(_REFERENCE_HOPS):
        reference = cast("Json", node).get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(reference, str):
            return cast("Any", node)
        node = follow(document, reference)
    raise UnresolvableReference("references that lead in a circle")


def follow(document: Json, reference: str) -> Any:
    """The value at a local reference ``#/a/b`` (RFC 6901 as a URI fragment).

    Raises `UnresolvableReference`.
    """
    if reference != "#" and not reference.startswith("#/"):
        raise UnresolvableReference(f"{reference} leads out of the document")
    node: Any = document
    for part in reference.split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and key in node:
            node = cast("Json", node)[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(cast("list[Any]", node)):
            node = cast("list[Any]", node)[int(key)]
        else:
            raise UnresolvableReference(f"{reference} leads nowhere")
    return node
