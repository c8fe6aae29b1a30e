"""How deep a JSON value nests: what goes further than any data does is refused at the door.

Validators and serialisers stop somewhere near 250 levels, each in its own way and too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

DEEPEST = 64
"""Levels of objects and arrays that a value may have."""


def is_too_deep(value: Any) -> bool:
    """Whether a parsed JSON value nests objects and arrays in more than `DEEPEST` levels."""
    level = [value]
    for _ in range(DEEPEST):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return any(isinstance(one, Mapping | list) for one in level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()
