"""How many lines a kernel's definition has."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; 0 until the source is scanned again."""
    op.add_column("kernels", sa.Column("lines", sa.Integer(), nullable=False, server_default="0"))
