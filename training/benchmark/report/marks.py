"""Faults marked where they stand: text cut into parts, each with the faults that cover it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any

from agent.json_values import is_array, is_object
from training.benchmark.records import Fault, FaultCode

_ABOUT_THE_NAME: frozenset[FaultCode] = frozenset(
    {"unknown_tool", "unapproved_write", "duplicate_call"}
)
_INDENT = "  "
_LINE = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text and the positions, in a list of faults, of those that cover it.

    An `absent` part was never written: it stands where a required argument is missing.
    """

    text: str
    faults: tuple[int, ...] = ()
    absent: bool = False


Parts = tuple[Part, ...]
Path = tuple[str, ...]


@dataclass(slots=True)
class _Places:
    """Where faults point inside one JSON value: at values, at whole members, at gaps."""

    values: dict[Path, list[int]] = field(default_factory=dict[Path, list[int]])
    members: dict[Path, list[int]] = field(default_factory=dict[Path, list[int]])
    gaps: dict[Path, dict[str, list[int]]] = field(default_factory=dict[Path, dict[str, list[int]]])

    def within(self, path: Path) -> bool:
        """Whether a gap lies at this path or below it."""
        return any(at[: len(path)] == path for at in self.gaps)


def mark_call(
    name: str, arguments: Any, faults: Sequence[tuple[int, Fault]]
) -> tuple[Parts, Parts]:
    """The name of a call and its arguments as indented JSON, faults marked at their pointers.

    A fault of an unknown parameter covers its key and its value, a missing one stands in the
    object that lacks it, one without a pointer covers the name or all arguments. A pointer that
    leads nowhere covers the nearest value above it.
    """
    places = _Places()
    about_name: list[int] = []
    for index, fault in faults:
        if not fault.pointer and fault.code in _ABOUT_THE_NAME:
            about_name.append(index)
            continue
        path, rest = _resolve(fault.pointer, arguments)
        if rest and fault.code == "missing_parameter":
            places.gaps.setdefault(path, {}).setdefault(rest, []).append(index)
        elif path and not rest and fault.code == "unknown_parameter":
            places.members.setdefault(path, []).append(index)
        else:
            places.values.setdefault(path, []).append(index)
    return (Part(name, tuple(about_name)),), _joined(_value(arguments, (), places, ""))


def mark_text(text: str, faults: Sequence[tuple[int, Fault]]) -> Parts:
    """A text with its faults marked at their offsets (``#<start>-<end>``), or as a whole."""
    spans = [(index, *_span(fault.pointer, len(text))) for index, fault in faults]
    edges = sorted({0, len(text), *(at for _, start, end in spans for at in (start, end))})
    parts = (
        Part(text[start:end], tuple(i for i, low, high in spans if low <= start and end <= high))
        for start, end in pairwise(edges)
    )
    return _joined(parts)


def _span(pointer: str, length: int) -> tuple[int, int]:
    start, dash, end = pointer.removeprefix("#").partition("-")
    if dash and start.isdecimal() and end.isdecimal():
        return min(int(start), length), min(int(end), length)
    return 0, length


def _resolve(pointer: str, value: Any) -> tuple[Path, str]:
    """The path of the deepest value that a JSON pointer reaches, and what it could not follow.

    A name that holds a slash is found too where the pointer did not escape it.
    """
    path: Path = ()
    rest = pointer.split("/")[1:]
    while rest:
        token, taken = _step(value, rest)
        if not taken:
            break
        value = value[int(token)] if is_array(value) else value[token]
        path, rest = (*path, token), rest[taken:]
    return path, "/".join(rest).replace("~1", "/").replace("~0", "~")


def _step(value: Any, rest: Sequence[str]) -> tuple[str, int]:
    if is_array(value):
        known = rest[0].isdecimal() and int(rest[0]) < len(value)
        return (str(int(rest[0])), 1) if known else ("", 0)
    if is_object(value):
        unescaped = rest[0].replace("~1", "/").replace("~0", "~")
        if unescaped in value:
            return unescaped, 1
        for taken in range(len(rest), 0, -1):
            if "/".join(rest[:taken]) in value:
                return "/".join(rest[:taken]), taken
    return "", 0


def _value(value: Any, path: Path, places: _Places, indent: str) -> Iterator[Part]:
    faults = tuple(places.values.get(path, ()))
    for part in _bare(value, path, places, indent):
        yield replace(part, faults=(*faults, *part.faults))


def _bare(value: Any, path: Path, places: _Places, indent: str) -> Iterator[Part]:
    inner = indent + _INDENT
    if is_object(value):
        members = [list(_member(key, value[key], path, places, inner)) for key in value]
        gaps = places.gaps.get(path, {}).items()
        members += [[Part(f"{_text(key)} is missing", tuple(at), absent=True)] for key, at in gaps]
        opening, closing = "{", "}"
    elif is_array(value):
        items = enumerate(value)
        members = [list(_value(one, (*path, str(i)), places, inner)) for i, one in items]
        opening, closing = "[", "]"
    else:
        yield Part(_text(value))
        return
    short = len(indent) + len(_text(value)) <= _LINE and not places.within(path)
    if short or not members:
        before, between, after = "", ", ", ""
    else:
        before, between, after = f"\n{inner}", f",\n{inner}", f"\n{indent}"
    yield Part(opening + before)
    for position, member in enumerate(members):
        if position:
            yield Part(between)
        yield from member
    yield Part(after + closing)


def _member(key: str, value: Any, path: Path, places: _Places, indent: str) -> Iterator[Part]:
    at = (*path, key)
    faults = tuple(places.members.get(at, ()))
    yield Part(f"{_text(key)}: ", faults)
    for part in _value(value, at, places, indent):
        yield replace(part, faults=(*faults, *part.faults))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _joined(parts: Iterator[Part]) -> Parts:
    """Neighbours that the same faults cover as one part; empty ones left out."""
    kept = (part for part in parts if part.text)
    runs = groupby(kept, key=lambda part: (part.faults, part.absent))
    return tuple(Part("".join(p.text for p in run), *like) for like, run in runs)
