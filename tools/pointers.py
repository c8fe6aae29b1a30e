"""JSON pointers (RFC 6901), read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast


class _Missing:
    """The type of `MISSING`."""


MISSING: Final = _Missing()
"""What `look_up` gives where nothing stands; unlike None it is no JSON value."""


def look_up(value: Any, pointer: str) -> Any:
    """The value at `pointer` ("" is the whole), `MISSING` where there is none."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = cast("Mapping[str, Any]", value).get(key, MISSING)
        elif isinstance(value, list | tuple) and key.isdecimal():
            items = cast("Sequence[Any]", value)
            value = items[int(key)] if int(key) < len(items) else MISSING
        else:
            return MISSING
    return value
