"""What is PostgreSQL's own: connecting, one writer at a time, reading one state, noticing that others wrote.

SQLite lets one connection write at a time; the program's writes rely on it (they replace what was there before). Here
an advisory lock for the length of each write transaction gives the same.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from db.address import describe
from db.errors import DatabaseError

LOCK = 0x6B65726E  # "kern"
CONNECT_SECONDS = 10
TABLES = "select tablename from pg_tables where schemaname = current_schema()"
WRITING = {"isolation_level": "READ COMMITTED"}
"""Options of a connection that writes: once it has the lock it must see what was written before."""


def connect(address: str, read_only: bool, busy_seconds: float) -> Engine:
    """An engine whose reads see one state of the database from their first statement on.

    Raises DatabaseError when the driver is not installed.
    """
    try:
        return sqlalchemy.create_engine(
            address,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True} if read_only else {},
            pool_pre_ping=True,  # a server restarts while a screen stays open
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "kerntrack",
                "options": f"-c lock_timeout={busy_seconds * 1000:.0f}",
            },
        )
    except ImportError as error:
        remedy = "python -m pip install 'psycopg[binary]'"
        raise DatabaseError(f"{describe(address)}: {error}", remedy, absent=True) from None
    except (sqlalchemy.exc.ArgumentError, ValueError):
        remedy = "write it as postgresql+psycopg://USER@HOST:PORT/DATABASE"
        raise DatabaseError(f"{describe(address)}: this is not an address", remedy) from None


def lock(connection: Connection | Session) -> None:
    """Wait to be the only writer until the transaction ends."""
    connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))


def version(engine: Engine) -> int:
    """A number that differs after any transaction has written."""
    with engine.connect() as connection:
        return hash(connection.execute(text("select pg_current_snapshot()::text")).scalar_one())


def select(connection: Connection, statement: str, parameters: Sequence[str]) -> list[Any]:
    """Run a statement that is written with SQLite's placeholders."""
    return list(map(tuple, connection.exec_driver_sql(statement.replace("?", "%s"), tuple(parameters))))


def hide(message: str, address: str) -> str:
    """A driver's message without the password of a well-formed address, should it quote it."""
    password = sqlalchemy.make_url(address).password
    return message.replace(str(password), "***") if password else message


def explain(address: str, error: Exception) -> DatabaseError:
    """What went wrong, in words for the user; without secrets."""
    message = hide(str(error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error).strip(), address)
    name, first = describe(address), message.splitlines()[0] if message else type(error).__name__
    if "read-only transaction" in message:
        return DatabaseError(f"{name}: the database cannot be written", "reading commands still work")
    if "lock timeout" in message:
        return DatabaseError(f"{name}: the database is locked", "wait for the other kerntrack to finish")
    if "permission denied" in message or "password" in message or "authentication" in message:
        remedy = "give the password in PGPASSWORD or ~/.pgpass, and the user the right to create tables"
        return DatabaseError(f"{name}: {first}", remedy)
    if "does not exist" in message:
        return DatabaseError(f"{name}: {first}", "create it on the server: createdb NAME")
    return DatabaseError(f"{name}: {first}", "is the server running, and reachable from here?")
