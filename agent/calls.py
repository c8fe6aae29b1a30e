"""Calls on their way: proposed by a model, then cleared or rejected. Each step is its own type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.evidence.facts import FactSource
from tools.spec import ToolSpec

RejectionCode = Literal[
    "malformed", "unknown_tool", "unknown_parameter", "missing_parameter", "wrong_type",
    "invalid_value", "ungrounded_value", "foreign_id", "unapproved_write", "duplicate_call",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """What a model asked for. `arguments` is any JSON value: nothing is checked yet."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one argument value came from; `ref` as in `agent.evidence.facts.Fact`."""

    source: FactSource
    ref: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """One fault of a proposed call.

    `pointer` is a JSON pointer into the arguments (RFC 6901; "" is the whole). `message` says
    what was expected and, where that is a short list, what is allowed.
    """

    code: RejectionCode
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """A call that may run. Only `agent.clearance.clear` makes one.

    `provenance` is keyed by JSON pointer, one entry for every scalar in `arguments`.
    """

    id: str
    tool: ToolSpec
    arguments: Mapping[str, Any]
    provenance: Mapping[str, Provenance]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A call that may not run, with every fault and not only the first."""

    id: str
    name: str
    arguments: Any
    rejections: tuple[Rejection, ...]
