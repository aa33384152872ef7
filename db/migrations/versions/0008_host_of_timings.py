"""The machine on which a kernel was timed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; empty where it was not recorded."""
    op.add_column("timings", sa.Column("host", sa.String(), nullable=False, server_default=""))
