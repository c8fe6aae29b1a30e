"""What became of an executed call: a small closed sum type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Success:
    """A 2xx response. `body` is the parsed JSON, None where there is none."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """The API answered and said no, or a read could not be answered at all (`status` 0).

    `problem` is the RFC 9457 object, or one made up from the response in its shape. `code` is its
    machine-readable code; `retryable` is what the API said, else what the status implies.
    """

    status: int
    code: str
    retryable: bool
    problem: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A write left and no answer came back: it may have taken place or not."""

    reason: str


Outcome = Success | Failure | Unknown
