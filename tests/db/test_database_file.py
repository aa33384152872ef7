"""Opening, migrating, sharing and losing power on a real file."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

import db
from db import queries, record
from db.engine import open_database
from db.errors import DatabaseError
from db.models import Base
from db.schema import HEAD
from tests.access import let_everyone_in
from tests.db.conftest import Open
from tests.db.samples import ARCHS, Q5, attempt, built, check

only_files = pytest.mark.parametrize("address", ["sqlite"], indirect=True)
"""For tests about what only a file has."""

WRITER = """
import sys
from pathlib import Path
from db import record
from db.engine import open_database
from tests.db.samples import attempt, built, check
engine = open_database(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    record.build(engine, attempt("gfx90a"), {"k": f"{sys.argv[2]}{number}"}, built("k", f"{sys.argv[2]}{number}"))
    record.evidence(engine, check("gfx90a", f"{sys.argv[2]}{number}"), toolchain="zig")
    print(number, flush=True)
"""


def start_writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    root = Path(db.__file__).parents[1]
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(arguments, cwd=root, stdout=subprocess.PIPE, text=True)


def count(path: Path, table: str) -> int:
    with sqlite3.connect(path) as connection:
        return int(connection.execute(f"select count(*) from {table}").fetchone()[0])


def test_migrations_make_exactly_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def write_first_schema(path: Path) -> None:
    """A database as the first release made it, with one check and one source in it."""
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    first = create_engine(f"sqlite:///{path}")
    with first.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {**check("gfx90a", "h"), "toolchain": "zig", "created": "then", "worst": "{}", "cost": "{}"}
        connection.execute(
            text(f"insert into evidence ({', '.join(row)}) values ({', '.join(':' + c for c in row)})"), row
        )
        source = "('hip', 'a.hip', '', 'sha', '', '[]', '[]')"
        columns = "side, path, origin, sha256, arguments, helpers, structs"
        connection.execute(text(f"insert into sources ({columns}) values {source}"))
    first.dispose()


def test_older_database_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "k.db"
    write_first_schema(path)
    with pytest.raises(DatabaseError, match="written by an older kerntrack"):
        open_database(path, read_only=True)
    migrated = open_database(path)
    assert count(path, "snapshots") == 0
    assert [found.code_hash for found in queries.evidence(migrated, Q5)] == ["h"]
    assert [found.path for found in queries.sources(migrated)] == ["a.hip"]
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@only_files
def test_pragmas(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1


def test_up_to_date_file_opens_without_alembic(tmp_path: Path) -> None:
    open_database(tmp_path / "k.db")
    code = (
        "import sys; from pathlib import Path; from db.engine import open_database;"
        f"open_database(Path({str(tmp_path / 'k.db')!r})); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(db.__file__).parents[1])


def test_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "k.db"
    open_database(path)
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(DatabaseError, match="newer kerntrack") as caught:
        open_database(path)
    assert "upgrade" in caught.value.remedy


@pytest.mark.parametrize("content", [b"certainly not a database", b"\0" * 4096])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"k\.db"):
        open_database(path)
    assert path.read_bytes() == content


def test_foreign_sqlite_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "k.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table birds (name)")
    with pytest.raises(DatabaseError, match="not written by kerntrack"):
        open_database(path)


def test_missing_database_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no database yet") as caught:
        open_database(tmp_path / "k.db", read_only=True)
    assert "kerntrack scan" in caught.value.remedy
    assert not (tmp_path / "k.db").exists()


def test_read_only_engine_reads_and_refuses_to_write(engine: Engine, opened: Open) -> None:
    reader = opened(read_only=True)
    assert len(queries.status(reader, ARCHS)) == 2
    with pytest.raises(DatabaseError, match="cannot be written"):
        record.evidence(reader, check("gfx90a", "h"), toolchain="zig")


@only_files
@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root, to become a user who may not write")
def test_read_only_folder(engine: Engine, tmp_path: Path) -> None:
    """As another user: reading works although WAL's lock files cannot be made; writing is one clear error."""
    engine.dispose()
    let_everyone_in(tmp_path)
    code = f"""
import os, sys
from pathlib import Path
from db import queries
from db.engine import open_database
from db.errors import DatabaseError
path = Path({str(tmp_path / "kerntrack.db")!r})
path.chmod(0o644)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(len(queries.status(open_database(path, read_only=True), ["gfx90a"])))
try:
    open_database(path)
except DatabaseError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(db.__file__).parents[1], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["2", f"{tmp_path / 'kerntrack.db'}: the database cannot be written"], (
        done.stderr
    )


def test_two_processes_write_a_new_database_at_once(tmp_path: Path) -> None:
    path = tmp_path / "k.db"
    writers = [start_writer(path, name, 20) for name in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert (count(path, "builds"), count(path, "built_kernels"), count(path, "evidence")) == (40, 40, 40)


def test_kill_in_mid_write_keeps_everything_finished(tmp_path: Path) -> None:
    path = tmp_path / "k.db"
    writer = start_writer(path, "a", 100_000)
    assert writer.stdout is not None
    while "30" not in writer.stdout.readline():
        pass
    time.sleep(0.013)
    writer.send_signal(signal.SIGKILL)
    finished = 31 + len(writer.stdout.read().splitlines())
    writer.wait()
    engine = open_database(path)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("pragma foreign_key_check").all() == []
    assert finished <= count(path, "evidence") <= finished + 1
    assert count(path, "builds") == count(path, "built_kernels")
    record.build(engine, attempt("gfx90a"), {Q5: "f"}, built(Q5, "h"))


def test_runs_are_listed_newest_first(engine: Engine) -> None:
    for verb in ("scan", "verify"):
        record.run(engine, verb=verb, started=record.now(), good=True, message="", options={}, summary={"n": 1})
    assert [run.verb for run in queries.runs(engine)] == ["verify", "scan"]
    assert [run.verb for run in queries.runs(engine, verb="scan")] == ["scan"]


def test_an_error_in_a_transaction_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "odd ü #1" / "kerntrack.db"
    engine = open_database(path)
    with closing(sqlite3.connect(path)) as direct:
        direct.execute("drop table runs")
    with pytest.raises(DatabaseError) as failed:
        record.run(engine, verb="scan", started="", good=True, message="", options={}, summary={})
    assert failed.value.message.startswith(f"{path}: no such table")
