"""The tasks as data: one JSON object a line, with tools, question, gold acts and sources."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, cast

import orjson
from pydantic import TypeAdapter

from agent.json_values import is_array, is_object
from tools.spec import ToolSpec

Expectation = Literal["call", "ask", "abstain"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a description stands: its provider, its path in the package, the licence it states."""

    package: str
    provider: str
    document: str
    licence: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool on offer and where it came from."""

    tool: ToolSpec
    source: Source


@dataclass(frozen=True, slots=True)
class Row:
    """One task.

    `gold` are the texts of right acts, the one to replay first. "call": exactly the gold call;
    "ask": `ask_user` about `about`; "abstain": no call, whatever is said instead.
    """

    id: str
    template: str
    categories: tuple[str, ...]
    language: str
    question: str
    now: str
    expected: Expectation
    gold: tuple[str, ...]
    about: str
    tools: tuple[Offered, ...]


_ROW: TypeAdapter[Row] = TypeAdapter(Row)


def encode_row(row: Row) -> bytes:
    """A row as one JSON object (UTF-8), defaults left out. Equal rows give equal bytes."""
    return orjson.dumps(_ordered(_ROW.dump_python(row, mode="json", exclude_defaults=True)))


def decode_row(line: bytes) -> Row:
    """The row that `encode_row` wrote. Raises `pydantic.ValidationError` otherwise."""
    return _ROW.validate_json(line)


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as gzipped JSON lines, without a time stamp: the same rows, the same bytes."""
    lines = b"".join(encode_row(row) + b"\n" for row in rows)
    path.write_bytes(gzip.compress(lines, mtime=0))


def read_rows(path: Path) -> tuple[tuple[Row, ...], str]:
    """The rows of a file, and the SHA-256 of them as data. Raises OSError and pydantic's errors."""
    lines = gzip.decompress(path.read_bytes())
    rows = tuple(decode_row(line) for line in lines.splitlines())
    return rows, sha256(lines).hexdigest()


def _ordered(value: Any) -> Any:
    """The value with the sources of rules sorted: they are sets, which have no order."""
    if is_object(value):
        return {
            key: sorted(cast("list[str]", one)) if key == "sources" else _ordered(one)
            for key, one in value.items()
        }
    return [_ordered(one) for one in value] if is_array(value) else value
