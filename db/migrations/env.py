"""Alembic's entry point: migrates the connection that `db.engine` hands over, inside its transaction."""

from typing import Any

from alembic import context
from sqlalchemy import JSON
from sqlalchemy.ext.compiler import compiles

from db.models import Base


@compiles(JSON, "postgresql")
def _text(*_: Any, **__: Any) -> str:
    """Migrations say JSON; what that is on PostgreSQL is told in `db.types`."""
    return "TEXT"


context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
