"""Alembic's entry: runs revisions on the connection that `agent.stores.migrate` hands over."""

from alembic import context

from agent.stores.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
