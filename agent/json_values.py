"""Type guards for parsed JSON, whose members stay `Any`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

_SCALARS = frozenset({str, int, float, bool, list, type(None)})


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a parsed JSON value is an object."""
    # Asked of every value of every result; an abstract class answers late.
    kind = value.__class__
    return kind is dict or (kind not in _SCALARS and isinstance(value, Mapping))


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a parsed JSON value is an array."""
    return isinstance(value, list)
