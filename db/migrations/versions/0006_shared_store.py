"""Where evidence was made, and what several machines with one PostgreSQL database need."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SORTED = (("sources", "side"), ("sources", "path"), ("sources", "origin"), ("dependencies", "path"))


def upgrade() -> None:
    """Add the host. On PostgreSQL also: seeds of 64 bits, and names sort by their bytes, both as in SQLite."""
    op.add_column("evidence", sa.Column("host", sa.String(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("evidence", "seed", type_=sa.BigInteger())
        for table, column in SORTED:
            op.execute(f'alter table {table} alter column {column} type varchar collate "C"')
