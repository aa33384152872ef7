"""Copying a whole project from one database to another, of whatever kind."""

from collections.abc import Callable

from sqlalchemy import Connection, Table, func, insert, select, text

from db.address import Address, describe
from db.engine import open_database, writing
from db.errors import DatabaseError
from db.models import Base

BATCH = 1000
"""Rows written at a time."""


def copy(source: Address, target: Address, progress: Callable[[str, int], None]) -> dict[str, int]:
    """Copy every row with its id into an empty database, in one transaction; return the rows by table.

    `progress` hears of each table with its rows. Raises DatabaseError when `target` holds anything already.
    """
    reading, to = open_database(source, read_only=True), open_database(target)
    try:
        with reading.connect() as connection, writing(to) as session:
            return _copy(connection, session.connection(), target, progress)
    finally:
        for engine in (reading, to):
            engine.dispose()


def _copy(
    source: Connection, target: Connection, address: Address, progress: Callable[[str, int], None]
) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    if any(target.execute(select(func.count()).select_from(table)).scalar_one() for table in tables):
        raise DatabaseError(f"{describe(address)}: there is a project in it already", "name an empty database")
    counts = {}
    for table in tables:
        counts[table.name] = _rows(source, target, table)
        progress(table.name, counts[table.name])
    if target.dialect.name == "postgresql":
        for table in tables:
            _continue_numbers(target, table)
    return counts


def _rows(source: Connection, target: Connection, table: Table) -> int:
    found = source.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key.columns))
    count = 0
    for part in found.mappings().partitions(BATCH):
        target.execute(insert(table), [dict(row) for row in part])
        count += len(part)
    return count


def _continue_numbers(target: Connection, table: Table) -> None:
    """Let new rows be numbered after those that are there."""
    column = table.autoincrement_column
    last = target.execute(select(func.max(column))).scalar() if column is not None else None
    if last and column is not None:
        sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
        target.execute(text(f"select setval({sequence}, :last)"), {"last": last})
