"""Evidence says which runtime and driver executed, and whether it speaks of the port or of the CUDA original."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; what is there was made by the emulator from the port."""
    op.add_column("evidence", sa.Column("runtime", sa.String(), nullable=False, server_default=""))
    op.add_column("evidence", sa.Column("side", sa.String(), nullable=False, server_default="hip"))
