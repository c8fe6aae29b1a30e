"""The store of a mock service: SQLite through SQLAlchemy, in memory or in a file.

SQLite takes one writer at a time, so transactions of one service run one after the other. That
makes every one of them serialisable: no seat is sold twice, no order is made twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

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
        self._engine = create_async_engine(url, **({"poolclass": StaticPool} if in_memory else {}))
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


def _prepare(connection: Any, _record: Any) -> None:
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
