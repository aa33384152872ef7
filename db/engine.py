"""Opens the database: SQLite in WAL mode, foreign keys on, migrated to the newest schema before anyone sees it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, QueuePool
from sqlalchemy.orm import Session

from db.errors import DatabaseError
from db.schema import HEAD

BUSY_SECONDS = 30.0
APPLICATION_TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"


def open_database(path: Path, read_only: bool = False, emulator: str | None = None) -> Engine:
    """Open `path` (created with its folder unless `read_only`) and bring its schema up to date.

    `emulator` is the device name of the present emulator: evidence of any other emulator does not hold. None: all do.

    Raises `DatabaseError` for a missing, unwritable, foreign or newer file.
    """
    try:
        engine = _engine(_address(path, read_only))
        with engine.connect() as connection:
            revision = _revision(connection, path)
        if revision != HEAD:
            _refuse_or_migrate(engine, path, revision, read_only)
    except (sqlite3.Error, sqlalchemy.exc.DBAPIError) as error:
        raise _explain(path, error) from error
    return engine.execution_options(emulator=emulator)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One write transaction: takes SQLite's write lock at once, so that it cannot fail half way for want of it.

    Raises `DatabaseError` when the file cannot be written or stays locked for 30 s.
    """
    try:
        with Session(engine.execution_options(sqlite_begin="IMMEDIATE")) as session, session.begin():
            yield session
    except (sqlite3.Error, sqlalchemy.exc.OperationalError) as error:
        raise _explain(Path(engine.url.database or ""), error) from error


def _address(path: Path, read_only: bool) -> str:
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


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"{path.parent}: {error.strerror}", "choose another `database` in kerntrack.toml"
        ) from error


def _engine(address: str) -> Engine:
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

    return engine


def _revision(connection: Connection, path: Path) -> str:
    """The schema's revision, "" for an empty file."""
    tables = set(connection.exec_driver_sql(APPLICATION_TABLES).scalars())
    if not tables:
        return ""
    if "alembic_version" not in tables:
        raise DatabaseError(f"{path}: this SQLite file was not written by kerntrack", "move it away, or name another")
    return str(connection.exec_driver_sql("select version_num from alembic_version").scalar_one())


def _refuse_or_migrate(engine: Engine, path: Path, revision: str, read_only: bool) -> None:
    if revision > HEAD:
        raise DatabaseError(
            f"{path}: written by a newer kerntrack (schema {revision}, this program knows {HEAD})",
            "upgrade kerntrack, or use another database",
        )
    if read_only:
        raise DatabaseError(
            f"{path}: written by an older kerntrack (schema {revision or 'none'}, this program needs {HEAD})",
            "run `kerntrack scan` once where the file can be written",
        )
    with engine.connect() as connection:
        _enter_wal(connection)
    with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        if _revision(connection, path) != HEAD:  # another process may have been first
            _upgrade(connection)


def _enter_wal(connection: Connection) -> None:
    """Switch the file to write-ahead logging (it stays so). Outside any transaction, as SQLite demands."""
    driver: Any = connection.connection.driver_connection
    driver.execute("pragma journal_mode = wal")


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


def _explain(path: Path, error: Exception) -> DatabaseError:
    text = str(error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error)
    if "readonly" in text or "unable to open" in text:
        return _not_writable(path)
    if "locked" in text:
        remedy = f"another kerntrack has held it for {BUSY_SECONDS:.0f} s; wait for it to finish"
        return DatabaseError(f"{path}: the database is locked", remedy)
    if "not a database" in text or "malformed" in text:
        return DatabaseError(f"{path}: {text}", "move the file away; `kerntrack scan` writes a new one")
    return DatabaseError(f"{path}: {text}")
