"""How many requests are under way at once, and when none may leave at all."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Time:
    """Time and chance as pacing sees them; tests bring their own.

    `now` is in seconds and only ever grows; `draw` gives numbers from 0 to 1.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random


class Pacer:
    """Lets at most `at_once` requests out; a pause that the server asks for holds all of them."""

    def __init__(self, at_once: int, time: Time) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._time = time
        self._resumes = 0.0

    def pause(self, seconds: float) -> None:
        """Let nothing out for so long; a longer pause that was asked for stands."""
        self._resumes = max(self._resumes, self._time.now() + seconds)

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Wait for a turn and hold it."""
        async with self._slots:
            while (wait := self._resumes - self._time.now()) > 0:
                await self._time.sleep(wait)
            yield
