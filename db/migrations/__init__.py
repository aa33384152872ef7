"""Alembic environment; `db.engine` runs it on open."""
