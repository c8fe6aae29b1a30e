"""Event logs in SQLite or PostgreSQL, through SQLAlchemy's async engine.

SQLite runs with a write-ahead log and ``synchronous=FULL``: what `append` returned from survives
a crash of the machine. It has one writer at a time, so writers queue here instead of spinning on
the file's lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, Row, case, delete, event, insert, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from agent.events import CallObserved, ConversationStarted, Event, WriteIntended, decode, encode
from agent.store import ConversationSummary
from agent.stores import migrate
from agent.stores.base import (
    Clock,
    Link,
    decode_cursor,
    encode_cursor,
    rfc3339,
    title_of,
    utc_now,
)
from agent.stores.tables import conversations, links, open_writes
from agent.stores.tables import events as event_rows
from tools.errors import ConcurrentTurn, ConversationNotFound, StoreUnavailable

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
)


class SqlStore:
    """A `ConversationStore` in a database that `agent.stores.migrations` has set up."""

    def __init__(self, engine: AsyncEngine, *, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._writer = asyncio.Semaphore(1 if engine.dialect.name == "sqlite" else 64)

    @classmethod
    async def open(cls, url: str, *, clock: Clock = utc_now) -> SqlStore:
        """Connect, bring the schema up to date, and return the store.

        Raises ValueError for a URL that no known database has, `StoreUnavailable` where the
        database does not answer or its schema is newer than this program.
        """
        engine = _create_engine(url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrate.upgrade)
        except (DBAPIError, OSError, migrate.MigrationError) as error:
            await engine.dispose()
            raise StoreUnavailable(f"{make_url(url)!r} cannot be opened: {error}") from error
        return cls(engine, clock=clock)

    async def append(self, conversation_id: str, position: int, events: Sequence[Event]) -> None:
        """See `agent.store.EventStore.append`."""
        if not events:
            return
        now = rfc3339(self._clock())
        payloads = [encode(item).decode() for item in events]
        rows = [
            {"conversation_id": conversation_id, "position": number, "type": item.type,
             "payload": payload, "at": now}
            for number, (item, payload) in enumerate(zip(events, payloads, strict=True), position)
        ]  # fmt: skip
        async with self._transaction() as connection:
            if position:
                await _advance(connection, conversation_id, position, events, now)
            else:
                await _create(connection, conversation_id, events, now)
            await connection.execute(insert(event_rows), rows)
            await _track_writes(connection, conversation_id, events)

    async def load(self, conversation_id: str) -> Sequence[Event]:
        """See `agent.store.EventStore.load`."""
        query = (
            select(event_rows.c.payload)
            .where(event_rows.c.conversation_id == conversation_id)
            .order_by(event_rows.c.position)
        )
        payloads = [row.payload for row in await self._rows(query)]
        if not payloads:
            raise ConversationNotFound(conversation_id)
        return tuple(map(decode, payloads))

    async def conversations(
        self, limit: int, cursor: str | None, owner: str | None = None
    ) -> tuple[Sequence[ConversationSummary], str | None]:
        """See `ConversationStore.conversations`."""
        query = select(conversations).order_by(conversations.c.sequence.desc()).limit(limit + 1)
        if cursor:
            query = query.where(conversations.c.sequence < decode_cursor(cursor))
        if owner is not None:
            query = query.where(conversations.c.owner == owner)
        rows = await self._rows(query)
        page = rows[:limit]
        more = len(rows) > limit
        return list(map(_summary, page)), encode_cursor(page[-1].sequence) if more else None

    async def summary(self, conversation_id: str) -> ConversationSummary:
        """See `ConversationStore.summary`."""
        return _summary(await self._conversation(conversation_id))

    async def assign(self, conversation_id: str, owner: str) -> None:
        """See `ConversationStore.assign`."""
        change = update(conversations).where(conversations.c.id == conversation_id)
        async with self._transaction() as connection:
            result = await connection.execute(change.values(owner=owner))
            if not result.rowcount:
                raise ConversationNotFound(conversation_id)

    async def owner(self, conversation_id: str) -> str | None:
        """See `ConversationStore.owner`."""
        return (await self._conversation(conversation_id)).owner

    async def link(self, digest: str, conversation_id: str, position: int) -> None:
        """See `ConversationStore.link`."""
        key = {"digest": digest, "conversation_id": conversation_id}
        try:
            async with self._transaction() as connection:
                await connection.execute(delete(links).filter_by(**key))
                await connection.execute(insert(links).values(**key, position=position))
        except IntegrityError as error:
            raise ConversationNotFound(conversation_id) from error

    async def linked(self, digest: str) -> Sequence[Link]:
        """See `ConversationStore.linked`."""
        query = (
            select(links.c.conversation_id, links.c.position, conversations.c.length)
            .join(conversations, conversations.c.id == links.c.conversation_id)
            .where(links.c.digest == digest)
            .order_by(conversations.c.sequence)
        )
        return [
            Link(row.conversation_id, row.position, row.length) for row in await self._rows(query)
        ]

    async def delete(self, conversation_id: str) -> None:
        """See `agent.store.EventStore.delete`."""
        async with self._transaction() as connection:
            result = await connection.execute(
                delete(conversations).where(conversations.c.id == conversation_id)
            )
            if not result.rowcount:
                raise ConversationNotFound(conversation_id)

    async def unfinished(self) -> Sequence[str]:
        """See `agent.store.EventStore.unfinished`."""
        query = select(open_writes.c.conversation_id).distinct()
        return [row.conversation_id for row in await self._rows(query)]

    async def ping(self) -> None:
        """See `ConversationStore.ping`."""
        await self._rows(select(text("1")))

    async def aclose(self) -> None:
        """See `agent.store.EventStore.aclose`."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._writer, self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, OSError) as error:
            raise StoreUnavailable(f"the database refused a write: {error}") from error

    async def _rows(self, query: Executable) -> Sequence[Row[Any]]:
        try:
            async with self._engine.connect() as connection:
                return (await connection.execute(query)).all()
        except (DBAPIError, OSError) as error:
            raise StoreUnavailable(f"the database refused a read: {error}") from error

    async def _conversation(self, conversation_id: str) -> Row[Any]:
        rows = await self._rows(select(conversations).where(conversations.c.id == conversation_id))
        if not rows:
            raise ConversationNotFound(conversation_id)
        return rows[0]


async def _create(
    connection: AsyncConnection, conversation_id: str, added: Sequence[Event], now: str
) -> None:
    first = added[0]
    created_at = first.created_at if isinstance(first, ConversationStarted) else now
    row = {"id": conversation_id, "created_at": created_at, "updated_at": now,
           "title": title_of(added), "length": len(added)}  # fmt: skip
    try:
        await connection.execute(insert(conversations).values(row))
    except IntegrityError as error:
        raise ConcurrentTurn(conversation_id) from error


async def _advance(
    connection: AsyncConnection,
    conversation_id: str,
    position: int,
    added: Sequence[Event],
    now: str,
) -> None:
    title = case((conversations.c.title == "", title_of(added)), else_=conversations.c.title)
    change = (
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.length == position)
        .values(length=position + len(added), updated_at=now, title=title)
    )
    if (await connection.execute(change)).rowcount:
        return
    known = select(conversations.c.sequence).where(conversations.c.id == conversation_id)
    if (await connection.execute(known)).first() is None:
        raise ConversationNotFound(conversation_id)
    raise ConcurrentTurn(conversation_id)


async def _track_writes(
    connection: AsyncConnection, conversation_id: str, added: Sequence[Event]
) -> None:
    opened: set[str] = set()
    closed: set[str] = set()
    for item in added:
        if isinstance(item, WriteIntended):
            opened.add(item.call_id)
        elif isinstance(item, CallObserved):
            closed.add(item.call_id)
            opened.discard(item.call_id)
    if closed:
        await connection.execute(
            delete(open_writes).where(
                open_writes.c.conversation_id == conversation_id,
                open_writes.c.call_id.in_(closed),
            )
        )
    if opened:
        rows = [{"conversation_id": conversation_id, "call_id": call_id} for call_id in opened]
        await connection.execute(insert(open_writes), rows)


def _summary(row: Row[Any]) -> ConversationSummary:
    return ConversationSummary(row.id, row.created_at, row.updated_at, row.title)


def _create_engine(url: str) -> AsyncEngine:
    parsed = _with_async_driver(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed, pool_pre_ping=True, pool_size=16, max_overflow=48)
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError(f"{url}: SQLite in memory loses its tables; use memory: instead")
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(parsed)
    event.listen(engine.sync_engine, "connect", _configure_sqlite)
    return engine


def _with_async_driver(url: str) -> URL:
    try:
        parsed = make_url(url)
        if "+" not in parsed.drivername:
            parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, KeyError, NoSuchModuleError) as error:
        raise ValueError(
            f"{url!r} is no database URL; say memory:, sqlite:///FILE or postgresql://HOST/NAME"
        ) from error
    except ImportError as error:
        raise ValueError(f"{url!r} needs the package {error.name}, which is missing") from error
    return parsed


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
