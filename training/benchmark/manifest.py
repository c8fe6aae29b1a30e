"""What a run is, and how it was made: ``run.json``, which stands beside the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from pydantic import TypeAdapter

from agent.engines.base import Mode

FORMAT = 1
"""Raised whenever results of before could no longer be read, or would mean something else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant as it was asked for.

    `fingerprint` tells one model from another where that can be told: digests of its weights or
    of its script. A served model has none: a server says only its name.
    """

    target: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the figures. Results of different plans are never mixed.

    `suites` are digests by name. `limit` is how many tasks of each suite are drawn, None all.
    `version` is that of the program.
    """

    suites: Mapping[str, str]
    contestants: Mapping[str, Entry]
    modes: tuple[Mode, ...]
    seed: int
    trials: int
    limit: int | None
    temperature: float
    reproducible: bool
    version: str
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Sitting:
    """One start of the program for a run; a run that was stopped and resumed has several."""

    command: str
    started_at: str
    machine: str
    versions: Mapping[str, str]
    commit: str
    concurrency: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plan, the number of attempts that it comes to, and the sittings so far."""

    plan: Plan
    attempts: int
    sittings: tuple[Sitting, ...] = field(default=())

    def as_json(self) -> Mapping[str, Any]:
        """Plain JSON values for reports: the plan's fields, and beside them the rest."""
        shown = _MANIFEST.dump_python(self, mode="json")
        return {**shown.pop("plan"), **shown}


_MANIFEST: TypeAdapter[Manifest] = TypeAdapter(Manifest)


def encode_manifest(manifest: Manifest) -> bytes:
    """A manifest as one indented JSON object (UTF-8)."""
    return _MANIFEST.dump_json(manifest, indent=2) + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """The manifest that `encode_manifest` wrote. Raises `pydantic.ValidationError` otherwise."""
    return _MANIFEST.validate_json(data)


def differences(found: Plan, wanted: Plan) -> Iterator[str]:
    """In words, everything in which two plans differ."""
    before, now = asdict(found), asdict(wanted)
    for name in now:
        if name in _BY_NAME:
            yield from _members(_BY_NAME[name], before[name], now[name])
        elif now[name] != before[name]:
            yield f"{name} was {_shown(before[name])}, now {_shown(now[name])}"


_BY_NAME = {"suites": "suite", "contestants": "model"}


def _members(what: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"{what} {name} is not asked for now"
        elif name not in before:
            yield f"{what} {name} is new"
        elif before[name] != now[name]:
            yield f"{what} {name} is another one now, or has changed"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not given"
        case tuple():
            return " ".join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return str(value)
