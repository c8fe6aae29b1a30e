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

_NOTE = struct.Struct("d16s")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """What tells this start of the machine from others; "" where the system does not say.

    Such a system is taken to empty its folder of temporary files when it starts.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Pace:
    """Turns at most `rate` times a second, for everybody of this user who names the same `key`.

    The next free moment stands in a small file, which is locked for as long as it takes to book
    one. Beside it stands the machine's start that its clock counts from, since a clock that began
    anew makes it worthless. `boot` names that start; `monotonic` and `sleep` are what time is, for
    tests to replace.
    """

    def __init__(
        self,
        key: str,
        rate: float,
        *,
        boot: Callable[[], str] = boot_id,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        name = sha256(key.encode()).hexdigest()[:16]
        self._path = Path(tempfile.gettempdir(), f"callsign-pace-{os.getuid()}-{name}")
        self._interval = 1.0 / rate
        self._boot = sha256(boot().encode()).digest()[:16]
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
            held, now = file.read(_NOTE.size), self._monotonic()
            free, boot = _NOTE.unpack(held) if len(held) == _NOTE.size else (now, self._boot)
            mine = max(now, free) if boot == self._boot else now
            file.seek(0)
            file.write(_NOTE.pack(mine + self._interval, self._boot))
        return mine - now
