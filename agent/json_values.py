"""Type guards for parsed JSON, whose members stay `Any`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, TypeGuard

DEEPEST = 64
"""Nesting beyond this is no data that anybody means; validators and serialisers stop near 250."""


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a parsed JSON value is an object."""
    return isinstance(value, Mapping)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a parsed JSON value is an array."""
    return isinstance(value, list)


def is_deep(value: Any) -> bool:
    """Whether a parsed JSON value nests objects and arrays deeper than `DEEPEST` levels."""
    level = [value]
    for _ in range(DEEPEST + 1):
        objects = (one.values() for one in level if is_object(one))
        arrays = (one for one in level if is_array(one))
        level = [*chain.from_iterable((*objects, *arrays))]
        if not level:
            return False
    return True
