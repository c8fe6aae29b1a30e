"""Conversations, their events, their open writes, and the transcripts they answer to."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "conversations",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("updated_at", sa.String(40), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_conversations"),
        sa.UniqueConstraint("id", name="uq_conversations_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_conversations_owner_sequence", "conversations", ["owner", "sequence"])
    op.create_table(
        "events",
        _conversation_id("events"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "position", name="pk_events"),
    )
    op.create_table(
        "open_writes",
        _conversation_id("open_writes"),
        sa.Column("call_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "call_id", name="pk_open_writes"),
    )
    op.create_table(
        "links",
        sa.Column("digest", sa.String(64), nullable=False),
        _conversation_id("links"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("digest", "conversation_id", name="pk_links"),
    )


def _conversation_id(table: str) -> "sa.Column[str]":
    name = f"fk_{table}_conversation_id_conversations"
    reference = sa.ForeignKey("conversations.id", name=name, ondelete="CASCADE")
    return sa.Column("conversation_id", sa.String(64), reference, nullable=False)


def downgrade() -> None:
    """Drop them."""
    for table in ("links", "open_writes", "events", "conversations"):
        op.drop_table(table)
