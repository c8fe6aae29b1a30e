"""A rate that all processes of this machine keep together."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import tempfile
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

_MOMENT = struct.Struct("d")
_FARTHEST_S = 600.0
"""A turn later than this is from before a restart of the machine, when its clock began anew."""


class Pace:
    """Turns at most `rate` times a second, for everybody of this user who names the same `key`.

    The next free moment stands in a small file, which is locked for as long as it takes to book
    one. `monotonic` and `sleep` are what time is, for tests to replace.
    """

    def __init__(
        self,
        key: str,
        rate: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        name = sha256(key.encode()).hexdigest()[:16]
        self._path = Path(tempfile.gettempdir(), f"callsign-pace-{os.getuid()}-{name}")
        self._interval = 1.0 / rate
        self._monotonic = monotonic
        self._sleep = sleep

    async def turn(self) -> None:
        """Wait until it is one's turn."""
        pause = await asyncio.to_thread(self._book)
        if pause > 0:
            await self._sleep(pause)

    def _book(self) -> float:
        """Book the next free moment: seconds until then."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            held, now = file.read(_MOMENT.size), self._monotonic()
            free = _MOMENT.unpack(held)[0] if len(held) == _MOMENT.size else now
            mine = max(now, free) if free - now < _FARTHEST_S else now
            file.seek(0)
            file.write(_MOMENT.pack(mine + self._interval))
        return mine - now
