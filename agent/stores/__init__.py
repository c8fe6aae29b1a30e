"""Where event logs are kept: in memory, in SQLite, or in PostgreSQL."""

from agent.stores.base import ConversationStore, Link
from agent.stores.memory import MemoryStore
from agent.stores.sql import SqlStore

__all__ = ["ConversationStore", "Link", "MemoryStore", "SqlStore", "open_store"]


async def open_store(url: str) -> ConversationStore:
    """The store at a database URL, its schema brought up to date.

    ``memory:`` forgets everything with the process; ``sqlite:///callsign.db`` and
    ``postgresql://user@host/database`` last. Raises ValueError for a URL that names no known
    database and `tools.errors.StoreUnavailable` where the database does not answer.
    """
    if url == "memory:":
        return MemoryStore()
    return await SqlStore.open(url)
