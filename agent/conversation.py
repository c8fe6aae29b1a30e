"""One conversation in memory: its log, the state folded from it, and who is listening."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any

from agent.events import Event
from agent.fold import Fold
from agent.state import State
from agent.store import EventStore

Numbered = tuple[int, Event]


class Conversation:
    """The single writer of one log within this process.

    `lock` is held for a whole turn. Between processes the store's positions decide: the second
    writer gets `tools.errors.ConcurrentTurn`. `recovering` says that the write in
    `state.intended` may have left before this process knew of it.
    """

    def __init__(self, conversation_id: str, store: EventStore, fold: Fold) -> None:
        self.id = conversation_id
        self.lock = asyncio.Lock()
        self.state = State()
        self.log: list[Event] = []
        self.recovering = False
        self._store = store
        self._fold = fold
        self._listeners: list[Callable[[Numbered], None]] = []

    async def load(self) -> None:
        """Read the log and fold it. Raises `tools.errors.ConversationNotFound`."""
        self.log = list(await self._store.load(self.id))
        self.state = self._fold.replay(self.log)

    async def append(self, *events: Event) -> State:
        """Append events together, durably, then fold them and tell the listeners."""
        await self._store.append(self.id, self.state.position, events)
        for event in events:
            position = self.state.position
            self.state = self._fold.apply(self.state, event)
            self.log.append(event)
            for listener in self._listeners:
                listener((position, event))
        return self.state

    async def stream(self, turn: Coroutine[Any, Any, None]) -> AsyncGenerator[Numbered]:
        """Run a turn and yield its events as they become durable.

        The turn is a task of its own: it runs on to its end when the consumer goes away, because
        a write may be on its way. Turns of one conversation wait for each other. Raises what the
        turn raised, after its last event.
        """
        queue: asyncio.Queue[Numbered | None] = asyncio.Queue()

        async def alone() -> None:
            # Only a turn's own events are its consumer's, not those of the turn it waits for.
            try:
                async with self.lock:
                    self._listeners.append(queue.put_nowait)
                    try:
                        await turn
                    finally:
                        self._listeners.remove(queue.put_nowait)
            finally:
                turn.close()

        task = asyncio.create_task(alone())
        running.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            running.discard(finished)
            queue.put_nowait(None)

        task.add_done_callback(done)
        while (item := await queue.get()) is not None:
            yield item
        task.result()

    def since(self, position: int) -> Sequence[Numbered]:
        """The events from a position on."""
        return list(enumerate(self.log))[position:]


def cut_off() -> None:
    """Stop the turns under way as they are; the log says how far each came."""
    for task in tuple(running):
        task.cancel()


running: set[asyncio.Task[None]] = set()
"""Turns under way; kept here so that none is collected before its end, and awaited at shutdown."""
