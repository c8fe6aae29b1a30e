"""Transactions on a database server, over asyncio."""

from __future__ import annotations

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from agent.stores.databases import T, Work


class ServerDatabase:
    """A database server, through an asyncio driver and a pool of connections."""

    def __init__(self, url: URL) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url, pool_pre_ping=True, pool_size=16, max_overflow=48
        )

    async def write(self, work: Work[T]) -> T:
        """See `Database.write`."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def read(self, work: Work[T]) -> T:
        """See `Database.read`."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def aclose(self) -> None:
        """See `Database.aclose`."""
        await self._engine.dispose()
