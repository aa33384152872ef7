"""Opens the database, migrated to the newest schema before anyone sees it.

It is a SQLite file (in WAL mode, foreign keys on) or, for a team, a database on a PostgreSQL server (see `db.server`).
"""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy
from sqlalchemy import Connection, Engine, QueuePool
from sqlalchemy.orm import Session

from db import server
from db.address import Address, describe
from db.append import BUSY_SECONDS
from db.errors import DatabaseError
from db.schema import HEAD

LOG = logging.getLogger(__name__)
DAMAGED = ("not a database", "malformed")
"""What SQLite says of a file that it cannot read as a database, be it when a query comes to the damaged page."""
APPLICATION_TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"


def open_database(address: Address, read_only: bool = False, emulator: str | None = None) -> Engine:
    """Open a file (created with its folder unless `read_only`) or a server's database; bring its schema up to date.

    `emulator` is the device name of the present emulator: evidence of any other emulator does not hold. None: all do.

    Raises `DatabaseError` for a missing, unwritable, foreign or newer database.
    """
    LOG.info("open %s%s", describe(address), " for reading" if read_only else "")
    if isinstance(address, Path):
        engine = _file(_uri(address, read_only))
    else:
        engine = server.connect(address, read_only, BUSY_SECONDS)
    try:
        with engine.connect() as connection:
            revision = _revision(connection, address)
        if revision != HEAD:
            _refuse_or_migrate(engine, address, revision, read_only)
    except (sqlite3.Error, sqlalchemy.exc.DBAPIError) as error:
        raise _explain(address, error) from None if isinstance(address, str) else error
    return engine.execution_options(emulator=emulator)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One write transaction: takes the write lock at once, so that it cannot fail half way for want of it.

    Raises `DatabaseError` when the database cannot be written or stays locked for 30 s.
    """
    postgresql = engine.dialect.name == "postgresql"
    options = server.WRITING if postgresql else {"sqlite_begin": "IMMEDIATE"}
    try:
        with Session(engine.execution_options(**options)) as session, session.begin():
            if postgresql:
                server.lock(session)
            yield session
    except (sqlite3.Error, sqlalchemy.exc.OperationalError, sqlalchemy.exc.InternalError) as error:
        if postgresql:
            raise _explain(engine.url.render_as_string(hide_password=False), error) from None
        raise _explain(_path(engine.url.database or ""), error) from error


def _uri(path: Path, read_only: bool) -> str:
    """SQLite URI for the file. `immutable` where even the lock files of WAL cannot be made (a read-only folder)."""
    if not read_only:
        if not path.exists():
            _make_folder(path)
        elif not os.access(path, os.W_OK):
            raise _not_writable(path)
        return f"{path.resolve().as_uri()}?mode=rwc"
    if not path.exists():
        raise DatabaseError(f"{path}: there is no database yet", "run `kerntrack scan` first")
    lockable = os.access(path.parent, os.W_OK) or Path(f"{path}-shm").exists()
    return f"{path.resolve().as_uri()}?mode=ro" + ("" if lockable else "&immutable=1")


def _path(uri: str) -> Path:
    """The file that a URI of `_uri` names."""
    return Path(unquote(urlsplit(uri).path))


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"{path.parent}: {error.strerror}", "choose another `database` in kerntrack.toml"
        ) from error


def _file(address: str) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma synchronous = normal")
        return connection

    engine = sqlalchemy.create_engine(
        sqlalchemy.URL.create("sqlite", database=address), creator=connect, poolclass=QueuePool
    )

    @sqlalchemy.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own transactions would end before DDL; SQLAlchemy's documented way is to begin by hand.
        connection.exec_driver_sql("begin " + connection.get_execution_options().get("sqlite_begin", "deferred"))

    @sqlalchemy.event.listens_for(engine, "handle_error")
    def explain(context: sqlalchemy.ExceptionContext) -> None:
        if any(words in str(context.original_exception) for words in DAMAGED):
            raise _explain(_path(address), Exception(context.original_exception))

    return engine


def _revision(connection: Connection, address: Address) -> str:
    """The schema's revision, "" for an empty database."""
    statement = APPLICATION_TABLES if connection.dialect.name == "sqlite" else server.TABLES
    tables = set(connection.exec_driver_sql(statement).scalars())
    if not tables:
        return ""
    if "alembic_version" not in tables:
        what = "this SQLite file was" if isinstance(address, Path) else "the tables in it were"
        raise DatabaseError(f"{describe(address)}: {what} not written by kerntrack", "move it away, or name another")
    return str(connection.exec_driver_sql("select version_num from alembic_version").scalar_one())


def _refuse_or_migrate(engine: Engine, address: Address, revision: str, read_only: bool) -> None:
    name = describe(address)
    if revision > HEAD:
        raise DatabaseError(
            f"{name}: written by a newer kerntrack (schema {revision}, this program knows {HEAD})",
            "upgrade kerntrack, or use another database",
        )
    if read_only and not revision:
        raise DatabaseError(f"{name}: there is no database yet", "run `kerntrack scan` first")
    if read_only:
        raise DatabaseError(
            f"{name}: written by an older kerntrack (schema {revision}, this program needs {HEAD})",
            "run `kerntrack scan` once where the database can be written",
        )
    if isinstance(address, Path):
        with engine.connect() as connection:
            _enter_wal(connection)
    with writing(engine) as session:
        connection = session.connection()
        if _revision(connection, address) != HEAD:  # another process may have been first
            LOG.info("migrate from schema %s to %s", revision or "nothing", HEAD)
            _upgrade(connection)


def _enter_wal(connection: Connection) -> None:
    """Switch the file to write-ahead logging (it stays so). Outside any transaction, as SQLite demands.

    Two processes that switch at once could wait for each other: SQLite tells one of them "locked" without any wait.
    """
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            driver.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _not_writable(path: Path) -> DatabaseError:
    return DatabaseError(
        f"{path}: the database cannot be written",
        "make the file and its folder writable, or set `database` in kerntrack.toml; reading commands still work",
    )


def _explain(path: Address, error: Exception) -> DatabaseError:
    if isinstance(path, str):
        return server.explain(path, error)
    text = str(error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error)
    if "readonly" in text or "unable to open" in text:
        return _not_writable(path)
    if "locked" in text:
        remedy = f"another kerntrack has held it for {BUSY_SECONDS:.0f} s; wait for it to finish"
        return DatabaseError(f"{path}: the database is locked", remedy)
    if any(words in text for words in DAMAGED):
        return DatabaseError(f"{path}: {text}", "move the file away; `kerntrack scan` writes a new one")
    return DatabaseError(f"{path}: {text}")
