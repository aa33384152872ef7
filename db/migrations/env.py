"""Alembic's entry point: migrates the connection that `db.engine` hands over, inside its transaction."""

from alembic import context

from db.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
