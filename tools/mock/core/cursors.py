"""Page cursors: an offset, and a mark of the request that it belongs to. Nothing is stored."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from tools.mock.core import randomness
from tools.mock.core.problems import invalid

T = TypeVar("T")
PATTERN = r"^cur_[a-z2-7]{8}$"


def encode(offset: int, *about: object) -> str:
    """The cursor of the page that begins at `offset` of the list that `about` describes."""
    mark = randomness.digest("cursor", *about, size=3)
    return "cur_" + base64.b32encode(offset.to_bytes(2) + mark).decode().lower()


def decode(cursor: str | None, *about: object) -> int:
    """The offset of a cursor, 0 without one; `validation_failed` when it is of another request."""
    if cursor is None:
        return 0
    try:
        raw = base64.b32decode(cursor.removeprefix("cur_").upper())
    except binascii.Error:
        raw = b""
    if len(raw) != 5 or raw[2:] != randomness.digest("cursor", *about, size=3):
        raise invalid("/cursor", "send the next_cursor of the same request, all else unchanged")
    return int.from_bytes(raw[:2])


def page(
    items: Sequence[T], offset: int, limit: int, *about: object
) -> tuple[Sequence[T], str | None]:
    """The items of one page and the cursor of the next, None on the last."""
    end = offset + limit
    following = encode(end, *about) if end < min(len(items), 1 << 16) else None
    return items[offset:end], following
