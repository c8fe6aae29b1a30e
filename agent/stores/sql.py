"""Event logs in SQLite or PostgreSQL, through SQLAlchemy.

Transactions are plain functions of a connection; `agent.stores.databases` runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    Row,
    String,
    bindparam,
    case,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

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
from agent.stores.databases import Database, T, Work, connect
from agent.stores.tables import conversations, links, open_writes
from agent.stores.tables import events as event_rows
from tools.errors import ConcurrentTurn, ConversationNotFound, StoreUnavailable

# Statements of every append, built once.
_CREATE = insert(conversations)
_ADVANCE = (
    update(conversations)
    .where(conversations.c.id == bindparam("this"), conversations.c.length == bindparam("at"))
    .values(
        length=bindparam("after"),
        updated_at=bindparam("now"),
        title=case(
            (conversations.c.title == "", bindparam("said", type_=String)),
            else_=conversations.c.title,
        ),
    )
)
_ADD = insert(event_rows)
_OPEN = insert(open_writes)
_CLOSE = delete(open_writes).where(
    open_writes.c.conversation_id == bindparam("conversation_id"),
    open_writes.c.call_id == bindparam("call_id"),
)


class SqlStore:
    """A `ConversationStore` in a database that `agent.stores.migrations` has set up."""

    def __init__(self, database: Database, *, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    async def open(cls, url: str, *, clock: Clock = utc_now) -> SqlStore:
        """Connect, bring the schema up to date, and return the store.

        Raises ValueError for a URL that no known database has, `StoreUnavailable` where the
        database does not answer or its schema is newer than this program.
        """
        database = connect(url)
        try:
            await database.write(migrate.upgrade)
        except (DBAPIError, OSError, migrate.MigrationError) as error:
            await database.aclose()
            raise StoreUnavailable(f"{make_url(url)!r} cannot be opened: {error}") from error
        return cls(database, clock=clock)

    async def append(self, conversation_id: str, position: int, events: Sequence[Event]) -> None:
        """See `agent.store.EventStore.append`."""
        if events:
            # What cannot be written down fails here, alone, and not within a shared transaction.
            payloads = tuple(encode(event).decode() for event in events)
            now = rfc3339(self._clock())
            added = _Added(conversation_id, position, tuple(events), payloads, now)
            await self._write(added.append)

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
        await self._write(partial(_change_one, conversation_id, change.values(owner=owner)))

    async def owner(self, conversation_id: str) -> str | None:
        """See `ConversationStore.owner`."""
        return (await self._conversation(conversation_id)).owner

    async def link(self, digest: str, conversation_id: str, position: int) -> None:
        """See `ConversationStore.link`."""
        await self._write(partial(_link, digest, conversation_id, position))

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
        forget = delete(conversations).where(conversations.c.id == conversation_id)
        await self._write(partial(_change_one, conversation_id, forget))

    async def unfinished(self) -> Sequence[str]:
        """See `agent.store.EventStore.unfinished`."""
        query = select(open_writes.c.conversation_id).distinct()
        return [row.conversation_id for row in await self._rows(query)]

    async def ping(self) -> None:
        """See `ConversationStore.ping`."""
        await self._rows(select(text("1")))

    async def aclose(self) -> None:
        """See `agent.store.EventStore.aclose`."""
        await self._database.aclose()

    async def _write(self, work: Work[T]) -> T:
        try:
            return await self._database.write(work)
        except (DBAPIError, OSError) as error:
            raise StoreUnavailable(f"the database refused a write: {error}") from error

    async def _rows(self, query: Executable) -> Sequence[Row[Any]]:
        try:
            return await self._database.read(lambda connection: connection.execute(query).all())
        except (DBAPIError, OSError) as error:
            raise StoreUnavailable(f"the database refused a read: {error}") from error

    async def _conversation(self, conversation_id: str) -> Row[Any]:
        rows = await self._rows(select(conversations).where(conversations.c.id == conversation_id))
        if not rows:
            raise ConversationNotFound(conversation_id)
        return rows[0]


@dataclass(frozen=True, slots=True)
class _Added:
    """Events on their way into a log."""

    conversation_id: str
    position: int
    events: tuple[Event, ...]
    payloads: tuple[str, ...]
    now: str

    def append(self, connection: Connection) -> None:
        """The transaction of an append."""
        if self.position:
            self._advance(connection)
        else:
            self._create(connection)
        rows = [
            {"conversation_id": self.conversation_id, "position": number, "type": item.type,
             "payload": payload, "at": self.now}
            for number, (item, payload) in enumerate(
                zip(self.events, self.payloads, strict=True), self.position
            )
        ]  # fmt: skip
        connection.execute(_ADD, rows)
        self._track_writes(connection)

    def _create(self, connection: Connection) -> None:
        first = self.events[0]
        created_at = first.created_at if isinstance(first, ConversationStarted) else self.now
        row = {"id": self.conversation_id, "created_at": created_at, "updated_at": self.now,
               "title": title_of(self.events), "length": len(self.events)}  # fmt: skip
        try:
            connection.execute(_CREATE, row)
        except IntegrityError as error:
            raise ConcurrentTurn(self.conversation_id) from error

    def _advance(self, connection: Connection) -> None:
        change = {"this": self.conversation_id, "at": self.position, "now": self.now,
                  "after": self.position + len(self.events),
                  "said": title_of(self.events)}  # fmt: skip
        if connection.execute(_ADVANCE, change).rowcount:
            return
        known = select(conversations.c.sequence).where(conversations.c.id == self.conversation_id)
        if connection.execute(known).first() is None:
            raise ConversationNotFound(self.conversation_id)
        raise ConcurrentTurn(self.conversation_id)

    def _track_writes(self, connection: Connection) -> None:
        opened: set[str] = set()
        closed: set[str] = set()
        for item in self.events:
            if isinstance(item, WriteIntended):
                opened.add(item.call_id)
            elif isinstance(item, CallObserved):
                closed.add(item.call_id)
                opened.discard(item.call_id)
        for statement, call_ids in ((_CLOSE, closed), (_OPEN, opened)):
            if call_ids:
                rows = [{"conversation_id": self.conversation_id, "call_id": one}
                        for one in sorted(call_ids)]  # fmt: skip
                connection.execute(statement, rows)


def _change_one(conversation_id: str, change: Executable, connection: Connection) -> None:
    if not connection.execute(change).rowcount:
        raise ConversationNotFound(conversation_id)


def _link(digest: str, conversation_id: str, position: int, connection: Connection) -> None:
    key = {"digest": digest, "conversation_id": conversation_id}
    connection.execute(delete(links).filter_by(**key))
    try:
        connection.execute(insert(links).values(**key, position=position))
    except IntegrityError as error:
        raise ConversationNotFound(conversation_id) from error


def _summary(row: Row[Any]) -> ConversationSummary:
    return ConversationSummary(row.id, row.created_at, row.updated_at, row.title)
