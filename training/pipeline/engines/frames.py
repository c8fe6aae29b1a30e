"""Messages between a build and its worker processes: pickles with their length before them."""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import Any

_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Failure:
    """A part (or the opening of the stage, without number) ended with an error of ours."""

    number: int | None
    message: str


def frame(message: Any) -> bytes:
    """A message as it travels."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


async def read_frame(reader: asyncio.StreamReader) -> Any:
    """The next message. Raises `asyncio.IncompleteReadError` when the other side is gone."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))  # noqa: S301 - from our own process
