"""What stands beside the parts of a stage: what they were made from, and what came of it.

``manifest.json`` is the same for the same build wherever and however often it runs;
``sittings.json`` tells of each time that the program worked on the stage: when, how long, on what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from tools.errors import DataError

FORMAT = 2
"""Raised whenever parts of before could no longer be read, or would mean something else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the records of a stage depend on. Parts of two plans are never mixed.

    `inputs` are the digests of the records that it takes, by stage; `settings` the stage's own;
    `makes` is the dataclass of its records, `version` the program's.
    """

    stage: str
    inputs: Mapping[str, str]
    settings: Mapping[str, Any]
    seed: int
    rows_per_part: int
    makes: str
    version: str
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plan and, once `finished`, what came of it.

    `rows_in` counts the records taken (of a source: all that it made), `kept` those handed on
    and `dropped` the others by reason. `digest` is the SHA-256 of all kept lines in their order
    (of a sink: of its files).
    """

    plan: Plan
    finished: bool = False
    rows_in: int = 0
    kept: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    parts: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """One time that the program worked on a stage, until it was finished or stopped."""

    command: str
    started_at: str
    seconds: float
    engine: str
    workers: int
    rows: int
    machine: str
    versions: Mapping[str, str]
    commit: str


_MANIFEST = TypeAdapter(Manifest)
_SITTINGS = TypeAdapter(tuple[Sitting, ...])
_ADDRESS = re.compile(rb"<[^<>]* at 0x[0-9a-f]+>")
_WRITTEN = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def plan_of(
    stage: str,
    settings: Mapping[str, Any],
    *,
    inputs: Mapping[str, str],
    seed: int,
    rows_per_part: int,
    makes: str,
) -> Plan:
    """A plan as it reads back from disk.

    Raises `DataError` for settings that are no JSON, or that hold the address of an object: they
    would be others each time, and the stage never done.
    """
    try:
        written = orjson.dumps(settings)
    except orjson.JSONEncodeError as error:
        raise DataError(f"the settings of stage {stage} are no JSON: {error}") from error
    if found := _ADDRESS.search(written):
        raise DataError(f"a setting of stage {stage} is an address: {found.group().decode()}")
    plain = orjson.loads(written)
    return Plan(stage, inputs, plain, seed, rows_per_part, makes, version("callsign"))


def encode_manifest(manifest: Manifest) -> bytes:
    """A manifest as one indented JSON object (UTF-8)."""
    return orjson.dumps(manifest, option=_WRITTEN)


def decode_manifest(data: bytes) -> Manifest:
    """The manifest that `encode_manifest` wrote. Raises `pydantic.ValidationError` otherwise."""
    return _MANIFEST.validate_json(data)


def encode_sittings(sittings: tuple[Sitting, ...]) -> bytes:
    """Sittings as one indented JSON list (UTF-8)."""
    return orjson.dumps(sittings, option=_WRITTEN)


def decode_sittings(data: bytes) -> tuple[Sitting, ...]:
    """The sittings that `encode_sittings` wrote; () where it is something else."""
    try:
        return _SITTINGS.validate_json(data)
    except ValidationError:
        return ()


def differences(found: Plan, wanted: Plan) -> Iterator[str]:
    """In words, everything in which two plans differ."""
    for name in sorted({*found.inputs, *wanted.inputs}):
        if found.inputs.get(name) != wanted.inputs.get(name):
            yield f"the records of {name} are others now"
    for name in sorted({*found.settings, *wanted.settings}):
        before, now = found.settings.get(name), wanted.settings.get(name)
        if before != now:
            yield f"{name} was {_shown(before)}, is {_shown(now)} now"
    for name in ("seed", "rows_per_part", "makes", "version", "format"):
        before, now = getattr(found, name), getattr(wanted, name)
        if before != now:
            yield f"{name} was {before}, is {now} now"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
