"""Which schema this program reads and writes."""

HEAD = "0009"
"""Newest revision under `db/migrations/versions`. Written here so that opening an up-to-date file needs no Alembic."""

RESOURCES = tuple(
    "vgprs agprs sgprs lds scratch vgpr_spills sgpr_spills wave_size max_threads occupancy".split()  # noqa: SIM905
)
"""Columns of `built_kernels` that describe a kernel's object, in the order of `db.views.Resources`."""
