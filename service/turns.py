"""Turns that run on whether or not anybody listens, and may be listened to by many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

import structlog

from service.facade import Numbered
from service.problems import Problem
from tools.errors import CallsignError, ConcurrentTurn

_LOG = structlog.get_logger("callsign.service")


class Turn:
    """The events of one turn as they come, kept so that a late listener misses none."""

    def __init__(self) -> None:
        self._items: list[Numbered] = []
        self._error: CallsignError | None = None
        self._done = False
        self._news = asyncio.Condition()

    async def follow(self, after: int = -1) -> AsyncGenerator[Numbered]:
        """The events at positions above `after`, past ones at once, then as they come.

        Raises the error that ended the turn, after the events that came before it.
        """
        index = 0
        while True:
            async with self._news:
                await self._news.wait_for(lambda seen=index: self._done or len(self._items) > seen)
            while index < len(self._items):
                item = self._items[index]
                index += 1
                if item[0] > after:
                    yield item
            if self._done and index == len(self._items):
                break
        if self._error:
            raise self._error

    async def begun(self) -> int:
        """Position of the first event, once it came. Raises the error if the turn ended first."""
        async with aclosing(self.follow()) as events:
            async for position, _ in events:
                return position
        raise Problem("internal_error", "The turn ended before it began.")

    async def finished(self) -> tuple[Numbered, ...]:
        """All events, once the turn is over. Raises the error that ended it."""
        return tuple([item async for item in self.follow()])

    async def pump(self, source: AsyncIterator[Numbered]) -> None:
        """Take everything from `source`. Never raises: its error is the listeners' to see."""
        try:
            async for item in source:
                await self._tell(item)
        except CallsignError as error:
            _LOG.warning("turn failed", error=str(error))
            self._error = error
        except Exception:  # noqa: BLE001 - a turn has no caller left that could handle this
            _LOG.exception("turn failed")
            detail = "The turn failed. Read the conversation to see what was done."
            self._error = Problem("internal_error", detail)
        finally:
            await self._tell(None)

    async def _tell(self, item: Numbered | None) -> None:
        async with self._news:
            if item is None:
                self._done = True
            else:
                self._items.append(item)
            self._news.notify_all()


class Turns:
    """The turns that are running now, at most one for each conversation."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Turn, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self, conversation_id: str, purpose: str, source: Callable[[], AsyncIterator[Numbered]]
    ) -> Turn:
        """Run a turn in the background.

        `purpose` tells one request from another. A decision that comes again while its turn runs
        joins it, so that its purpose must name the approval and the decision; a message is a new
        wish each time. Raises `ConcurrentTurn` while a turn of another purpose runs.
        """
        running = self._running.get(conversation_id)
        if running is not None:
            turn, its_purpose = running
            if purpose and purpose == its_purpose:
                return turn
            raise ConcurrentTurn(conversation_id)
        turn = Turn()
        self._running[conversation_id] = turn, purpose
        task = asyncio.create_task(turn.pump(source()), name=f"turn:{conversation_id}")
        self._tasks.add(task)

        def forget(ended: asyncio.Task[None]) -> None:
            self._tasks.discard(ended)
            del self._running[conversation_id]

        task.add_done_callback(forget)
        return turn

    def running(self, conversation_id: str) -> Turn | None:
        """The turn that a conversation is busy with."""
        running = self._running.get(conversation_id)
        return running[0] if running else None

    async def settle(self, seconds: float) -> int:
        """Wait up to `seconds` for the running turns, cut off the rest, and return their number.

        A turn that is cut off loses nothing: its log says how far it came, and a write without
        its answer is read back at the next start.
        """
        if not self._tasks:
            return 0
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)
