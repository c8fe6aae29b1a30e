"""The tables. What is written here must match the newest revision under `migrations/versions`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Sequence = BigInteger().with_variant(Integer, "sqlite")

# `length` is how many events the log holds: an append is won by the one who moves it.
conversations = Table(
    "conversations",
    metadata,
    Column("sequence", _Sequence, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("owner", String(64)),
    Column("created_at", String(40), nullable=False),
    Column("updated_at", String(40), nullable=False),
    Column("title", String(80), nullable=False),
    Column("length", Integer, nullable=False),
    Index("ix_conversations_owner_sequence", "owner", "sequence"),
    sqlite_autoincrement=True,
)


def _conversation_id() -> Column[str]:
    reference = ForeignKey(conversations.c.id, ondelete="CASCADE")
    return Column("conversation_id", String(64), reference, primary_key=True)


events = Table(
    "events",
    metadata,
    _conversation_id(),
    Column("position", Integer, primary_key=True),
    Column("type", String(40), nullable=False),
    Column("payload", Text, nullable=False),
    Column("at", String(40), nullable=False),
)

# One row for each write that was intended and not yet observed; empty nearly always.
open_writes = Table(
    "open_writes",
    metadata,
    _conversation_id(),
    Column("call_id", String(200), primary_key=True),
)

links = Table(
    "links",
    metadata,
    Column("digest", String(64), primary_key=True),
    _conversation_id(),
    Column("position", Integer, nullable=False),
)
