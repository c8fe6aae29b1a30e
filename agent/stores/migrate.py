"""Brings a database's schema up to the newest revision, from inside the program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError as MigrationError
from sqlalchemy import Connection, text

__all__ = ["MigrationError", "upgrade"]

# Any constant will do: it only has to be the same in every process that migrates.
_ADVISORY_LOCK = 0x63616C6C


def upgrade(connection: Connection) -> None:
    """Run the missing revisions in the connection's transaction.

    Two processes that start at once run them once: PostgreSQL by an advisory lock that the
    transaction holds, SQLite by its one writer. Raises `MigrationError` when the database was
    set up by a newer program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
