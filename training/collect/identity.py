"""Which operations of several documents are one and the same, and which document is the newest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from tools.openapi.document import Json, as_list, as_object

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
"""The methods of OpenAPI whose operations become tools."""

_HOST = re.compile(r"(?:[^/]*//[^/]*)?")
_VERSION_AT_END = re.compile(r"[-_. ]v?\d[\d._-]*$", re.IGNORECASE)
_VERSION_OF_SERVER = re.compile(r"/(?:v\d[\w.]*|\d+(?:[.-]\d+)*)(?=/|$)", re.IGNORECASE)
_VERSION_SEGMENT = re.compile(r"(?<=/)v\d[\w.]*(?=/|$)", re.IGNORECASE)
_VARIABLE = re.compile(r"\{[^{}]*\}")
_NUMBER = re.compile(r"\d+")

Version = tuple[int, ...]


def operations(document: Json) -> Iterator[tuple[str, str]]:
    """Method (upper case) and path of every operation, in the document's order.

    What stands under a method and is no object counts too: somebody meant an operation there.
    """
    for path, item in as_object(document.get("paths")).items():
        for method in METHODS:
            if as_object(item).get(method) is not None:
                yield method.upper(), path


def identity(provider: str, document: Json, method: str, path: str) -> int:
    """What makes an operation the same one as in another document of its provider.

    Its method and its address: provider, server and path, without whole segments that are versions
    (``/v1/``, ``/3.2/``) and whatever its variables are called; another port is another server.
    Where a document names no server its title stands for it. Eight bytes of BLAKE2b, as a number.
    """
    where = _server(document) or str(as_object(document.get("info")).get("title"))
    shape = _VARIABLE.sub("{}", _VERSION_SEGMENT.sub("", path))
    whose = _VERSION_AT_END.sub("", provider)
    text = "\0".join((whose.lower(), where.lower(), method, shape))
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest(), "big")


def version_of(document: Json, name: str) -> tuple[Version, Version]:
    """What documents are ordered by, newest last: the numbers of its version, then of its name."""
    return _numbers(as_object(document.get("info")).get("version")), _numbers(name)


class Newest:
    """For each operation, the newest of the documents that describe it; of equals the first."""

    def __init__(self) -> None:
        self._held: dict[int, int] = {}
        self._versions: list[tuple[Version, Version]] = []
        self._operations: list[list[tuple[int, int, str]]] = []

    def add(self, provider: str, document: Json, name: str) -> int:
        """Take in a document; the number that it is known by, counted from 0."""
        number, version = len(self._versions), version_of(document, name)
        self._versions.append(version)
        places = {path: place for place, path in enumerate(as_object(document.get("paths")))}
        mine: list[tuple[int, int, str]] = []
        for method, path in operations(document):
            key = identity(provider, document, method, path)
            mine.append((key, places[path], f"{method} {path}"))
            held = self._held.get(key)
            if held is None or self._versions[held] < version:
                self._held[key] = number
        self._operations.append(mine)
        return number

    def superseded(self, number: int) -> Iterator[tuple[int, str]]:
        """The operations (``GET /path``) of a document that stand in a newer one.

        With each comes the number of its path in the document's list of paths.
        """
        for key, place, said in self._operations[number]:
            if self._held[key] != number:
                yield place, said


def _server(document: Json) -> str:
    """Host and path of the first server, without versions; "" where it names neither."""
    first: Mapping[str, Any] = as_object(next(iter(as_list(document.get("servers"))), None))
    url = first.get("url")
    if not isinstance(url, str):
        return ""
    host = _HOST.match(url)
    end = host.end() if host else 0
    return url[:end] + _VERSION_OF_SERVER.sub("", url[end:]).rstrip("/")


def _numbers(stated: object) -> Version:
    return tuple(int(number[:9]) for number in _NUMBER.findall(str(stated or "")))
