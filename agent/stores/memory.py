"""Event logs in memory: for tests, benchmarks and services that may forget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.events import CallObserved, ConversationStarted, Event, WriteIntended
from agent.store import ConversationSummary
from agent.stores.base import (
    Clock,
    Link,
    decode_cursor,
    encode_cursor,
    rfc3339,
    title_of,
    utc_now,
)
from tools.errors import ConcurrentTurn, ConversationNotFound


@dataclass(slots=True)
class _Log:
    sequence: int
    created_at: str
    updated_at: str
    title: str = ""
    owner: str | None = None
    events: list[Event] = field(default_factory=list[Event])
    open_writes: set[str] = field(default_factory=set[str])


class MemoryStore:
    """A `ConversationStore` that lives as long as the process."""

    def __init__(self, *, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._logs: dict[str, _Log] = {}
        self._links: dict[str, dict[str, int]] = {}
        self._created = 0

    async def append(self, conversation_id: str, position: int, events: Sequence[Event]) -> None:
        """See `agent.store.EventStore.append`."""
        if not events:
            return
        now = rfc3339(self._clock())
        log = self._logs.get(conversation_id)
        if log is None:
            if position:
                raise ConversationNotFound(conversation_id)
            log = self._create(conversation_id, events[0], now)
        elif position != len(log.events):
            raise ConcurrentTurn(conversation_id)
        log.events.extend(events)
        log.updated_at = now
        log.title = log.title or title_of(events)
        for event in events:
            if isinstance(event, WriteIntended):
                log.open_writes.add(event.call_id)
            elif isinstance(event, CallObserved):
                log.open_writes.discard(event.call_id)

    def _create(self, conversation_id: str, first: Event, now: str) -> _Log:
        self._created += 1
        created_at = first.created_at if isinstance(first, ConversationStarted) else now
        log = _Log(self._created, created_at, now)
        self._logs[conversation_id] = log
        return log

    async def load(self, conversation_id: str) -> Sequence[Event]:
        """See `agent.store.EventStore.load`."""
        return tuple(self._log(conversation_id).events)

    async def conversations(
        self, limit: int, cursor: str | None, owner: str | None = None
    ) -> tuple[Sequence[ConversationSummary], str | None]:
        """See `ConversationStore.conversations`."""
        before = decode_cursor(cursor) if cursor else self._created + 1
        page = [
            (conversation_id, log)
            for conversation_id, log in reversed(self._logs.items())
            if log.sequence < before and owner in (None, log.owner)
        ]
        more = len(page) > limit
        page = page[:limit]
        rows = [_summary(conversation_id, log) for conversation_id, log in page]
        return rows, encode_cursor(page[-1][1].sequence) if more else None

    async def summary(self, conversation_id: str) -> ConversationSummary:
        """See `ConversationStore.summary`."""
        return _summary(conversation_id, self._log(conversation_id))

    async def assign(self, conversation_id: str, owner: str) -> None:
        """See `ConversationStore.assign`."""
        self._log(conversation_id).owner = owner

    async def owner(self, conversation_id: str) -> str | None:
        """See `ConversationStore.owner`."""
        return self._log(conversation_id).owner

    async def link(self, digest: str, conversation_id: str, position: int) -> None:
        """See `ConversationStore.link`."""
        self._log(conversation_id)
        self._links.setdefault(digest, {})[conversation_id] = position

    async def linked(self, digest: str) -> Sequence[Link]:
        """See `ConversationStore.linked`."""
        links = [
            (self._logs[conversation_id].sequence, conversation_id, position)
            for conversation_id, position in self._links.get(digest, {}).items()
        ]
        return [Link(name, at, len(self._logs[name].events)) for _, name, at in sorted(links)]

    async def delete(self, conversation_id: str) -> None:
        """See `agent.store.EventStore.delete`."""
        self._log(conversation_id)
        del self._logs[conversation_id]
        for conversations in self._links.values():
            conversations.pop(conversation_id, None)

    async def unfinished(self) -> Sequence[str]:
        """See `agent.store.EventStore.unfinished`."""
        return [name for name, log in self._logs.items() if log.open_writes]

    async def ping(self) -> None:
        """See `ConversationStore.ping`."""

    async def aclose(self) -> None:
        """See `agent.store.EventStore.aclose`."""

    def _log(self, conversation_id: str) -> _Log:
        try:
            return self._logs[conversation_id]
        except KeyError:
            raise ConversationNotFound(conversation_id) from None


def _summary(conversation_id: str, log: _Log) -> ConversationSummary:
    return ConversationSummary(conversation_id, log.created_at, log.updated_at, log.title)
