"""Facts: the values that a conversation has shown, each with where it came from.

A value that no fact holds is a value that the model made up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tools.spec import ValueKind

Scalar = str | int | float | bool
FactSource = Literal["user", "result", "default", "context"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One value and its origin.

    `value` is normalised: dates as ISO 8601 (``2027-03-03``), times as ``HH:MM``, places and
    carriers as IATA codes, currencies as ISO 4217, numbers as int or float, e-mail in lower case,
    names and text as typed. `text` is the surface form. `ref` says where it stands: a span of a
    user message (``m3:10-17``: message number, character offsets) or a place in a result
    (``c7/data/0/offer_id``: call id, JSON pointer). `source` "context" is the clock or a
    computation over other facts (check-in plus three nights, the city of a named airport).
    `unit` is what a number counts; of a place it is "city" or "airport" where that is known. An
    entity fact whose `expires_at` (aware) has passed no longer grounds anything.
    """

    kind: ValueKind
    value: Scalar
    source: FactSource
    ref: str
    text: str = ""
    entity: str | None = None
    unit: str | None = None
    vocabulary: str | None = None
    expires_at: datetime | None = None

    @property
    def message(self) -> str:
        """The number of the message that it stands in, ``m3``; of a result's fact its `ref`."""
        return self.ref.partition(":")[0]

    @property
    def span(self) -> tuple[int, int]:
        """The characters of its message that it stands for; only of facts that users said."""
        start, _, end = self.ref.partition(":")[2].partition("-")
        return int(start), int(end)


@dataclass(frozen=True, slots=True)
class UserText:
    """A message as the user typed it. `ref` is its number, ``m3``."""

    ref: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts of one conversation, oldest first. Append-only: `plus` returns a longer one.

    Facts are also kept by kind, built on first use and carried on by `plus`, so that grounding a
    call late in a long conversation does not read the whole of it once for each argument.
    """

    facts: tuple[Fact, ...] = ()
    texts: tuple[UserText, ...] = ()
    _by_kind: dict[ValueKind, tuple[Fact, ...]] = field(
        default_factory=dict["ValueKind", "tuple[Fact, ...]"], compare=False, repr=False
    )

    def plus(self, facts: Iterable[Fact] = (), text: UserText | None = None) -> Evidence:
        """This evidence with newer facts, and the user text they were read from, added."""
        added = tuple(facts)
        texts = (*self.texts, text) if text else self.texts
        index = _extended(self._by_kind, added) if self._by_kind else {}
        return Evidence((*self.facts, *added), texts, index)

    def of_kind(self, kind: ValueKind) -> tuple[Fact, ...]:
        """The facts of one kind, oldest first."""
        if not self._by_kind and self.facts:
            self._by_kind.update(_extended({}, self.facts))
        return self._by_kind.get(kind, ())


def _extended(
    index: dict[ValueKind, tuple[Fact, ...]], facts: Iterable[Fact]
) -> dict[ValueKind, tuple[Fact, ...]]:
    fresh: dict[ValueKind, list[Fact]] = {}
    for fact in facts:
        fresh.setdefault(fact.kind, []).append(fact)
    return {**index, **{kind: (*index.get(kind, ()), *new) for kind, new in fresh.items()}}
