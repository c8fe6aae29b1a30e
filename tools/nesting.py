"""How deep a JSON value nests: what goes further than any data does is refused at the door.

Validators and serialisers stop somewhere near 250 levels, each in its own way and too late.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, cast

DEEPEST = 64
"""Levels of objects and arrays that a value may have."""


def is_too_deep(value: Any) -> bool:
    """Whether a parsed JSON value nests objects and arrays in more than `DEEPEST` levels."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        objects = (cast("Mapping[str, Any]", v).values() for v in level if isinstance(v, Mapping))
        arrays = (cast("list[Any]", v) for v in level if isinstance(v, list))
        level = [*chain.from_iterable((*objects, *arrays))]
        if not level:
            return False
    return True
