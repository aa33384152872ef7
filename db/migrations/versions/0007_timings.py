"""How long kernels take on GPUs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    texts = ("symbol", "arch", "code_hash", "toolchain", "device_kind", "device_name", "device_target")
    op.create_table(
        "timings",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in (*texts, "runtime", "side", "workload")),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("launches", sa.Integer(), nullable=False),
        sa.Column("median_us", sa.Double(), nullable=False),
        sa.Column("least_us", sa.Double(), nullable=False),
        sa.Column("created", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_timings_symbol", "timings", ["symbol"], unique=False)
