"""The order in which a scan names its sources: for a symbol in several of them the first counts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what is there keeps the order in which it was stored."""
    op.add_column("sources", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    op.execute("update sources set position = id")
