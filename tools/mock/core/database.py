"""The store of a mock service: SQLite through SQLAlchemy, in memory or in a file.

SQLite takes one writer at a time, so transactions of one service run one after the other. That
makes every one of them serialisable: no seat is sold twice, no order is made twice.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import aiosqlite
from sqlalchemy import ForeignKey, String, event
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

IN_MEMORY = "sqlite+aiosqlite://"


class Instant(TypeDecorator[datetime]):
    """A point in time, kept as RFC 3339 text in UTC: SQLite has no zones."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text."""
        return None if value is None else value.astimezone(UTC).isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From text."""
        return None if value is None else datetime.fromisoformat(value)


class Base(DeclarativeBase):
    """Root of all tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant}


class InSandbox:
    """A row that belongs to one sandbox: deleted with it, copied when it is forked."""

    sandbox_id: Mapped[str] = mapped_column(
        ForeignKey("sandbox.id", ondelete="CASCADE"), primary_key=True
    )


class Database:
    """Opens transactions, one at a time. `url` is an ``sqlite+aiosqlite`` URL."""

    def __init__(self, url: str = IN_MEMORY) -> None:
        in_memory = url.partition("://")[2] in {"", "/:memory:"}
        # A database in memory lives in its one connection.
        how = {"poolclass": StaticPool, "async_creator": _in_memory} if in_memory else {}
        self._engine = create_async_engine(url, **how)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._turn = asyncio.Lock()
        event.listen(self._engine.sync_engine, "connect", _prepare)

    async def start(self) -> None:
        """Make the tables that are missing."""
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """A session whose changes are committed at the end, or dropped on any exception."""
        async with self._turn, self._sessions() as session:
            yield session
            await session.commit()


class _Inline(aiosqlite.Connection):
    """A connection whose statements run where they are asked for, and not in a thread.

    In memory a statement takes microseconds; handing it to a thread and back takes a hundred.
    """

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._connection is None:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)

    async def _connect(self) -> _Inline:
        self._connection = self._connector()
        return self

    def __await__(self) -> Generator[Any, None, _Inline]:
        return self._connect().__await__()

    def stop(self) -> None:
        """Close the connection; there is no thread to stop."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def _in_memory() -> aiosqlite.Connection:
    return await _Inline(lambda: sqlite3.connect(":memory:"), iter_chunk_size=64)


def _prepare(connection: Any, _record: Any) -> None:
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
