"""What a simulated API remembers: what was made, changed and deleted, and what lists showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]
"""A thing: its kind, its id as text."""


@dataclass(slots=True)
class World:
    """One sandbox. Things that nobody made exist as well, until they are deleted.

    `known` are the values that a thing has by what was written or shown of it, `made` the ids that
    were made below a path, oldest first, `deleted` what is gone, `keys` what idempotency keys were
    answered with, `makes` how often the very same thing was made.
    """

    known: dict[Key, dict[str, Any]] = field(default_factory=dict[Key, dict[str, Any]])
    made: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    deleted: set[Key] = field(default_factory=set[Key])
    keys: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    makes: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def fork(self) -> World:
        """A copy that goes its own way."""
        return deepcopy(self)

    def learn(self, thing: Key, values: Mapping[str, Any]) -> None:
        """From now on a thing has these values."""
        self.known.setdefault(thing, {}).update(values)

    def of(self, thing: Key) -> Mapping[str, Any]:
        """What is known of a thing."""
        return self.known.get(thing, {})
