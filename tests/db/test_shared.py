"""A database that several use: nothing is lost or doubled, nothing secret is told, a copy is complete."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

import db
from db import queries, record
from db.address import Address, describe
from db.copy import copy
from db.engine import open_database
from db.errors import DatabaseError
from db.models import Base
from tests import postgres
from tests.db.conftest import KINDS, Open
from tests.db.samples import ARCHS, Q4, Q5, attempt, built, check

WORKER = """
import sys
from pathlib import Path
from db import queries, record
from db.engine import open_database
from tests.db.samples import ARCHS, Q4, Q5, attempt, built, check, facts, kernel, port
place, role, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = open_database(place if "://" in place else Path(place))
pairs = [{"cuda_symbol": s, "hip_symbol": s, "differences": []} for s in (Q4, Q5)]
for number in range(count):
    name = f"{role}-{number}"
    if role == "scanner":
        record.source(engine, facts("cuda", "a.cu", kernel(Q4), kernel(Q5)))
        port(engine, "f1")
        record.sources(engine, [("cuda", "a.cu", ""), ("hip", "q5.hip", "")])
        record.pairs(engine, pairs if number % 2 else pairs[:1])
        record.pairs(engine, pairs)
    elif role == "reader":
        found = queries.status(engine, ARCHS)
        assert all(row.symbol in (Q4, Q5) for row in found) and len({row.symbol for row in found}) == len(found), found
    else:
        record.build(engine, attempt("gfx90a", key=name), {Q5: "f1"}, built(Q5, "h1"))
        record.evidence(engine, check("gfx90a", "h1", message=name, seed=number, host=role), toolchain="zig")
print("done")
"""
WRITERS, TIMES = 8, 5


def start(address: Address, role: str, count: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WORKER, str(address), role, str(count)]
    root = Path(db.__file__).parents[1]
    return subprocess.Popen(arguments, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_writers_a_scanner_and_a_reader_at_once(address: Address, opened: Open) -> None:
    roles = [*(f"writer{number}" for number in range(WRITERS)), "scanner", "reader"]
    processes = [start(address, role, TIMES) for role in roles]  # all of them find no database yet
    ended = [process.communicate(timeout=270) for process in processes]
    assert [out for out, _ in ended] == ["done\n"] * len(roles), ended
    engine = opened()
    expected = sorted(f"writer{w}-{n}" for w in range(WRITERS) for n in range(TIMES))
    found = queries.evidence(engine, Q5)
    assert sorted(each.message for each in found) == expected
    assert all(each.message.startswith(f"{each.host}-") for each in found)
    assert sorted(each.toolchain for each in queries.builds(engine, "q5.hip", "gfx90a", 1000)) == ["zig"] * len(
        expected
    )
    rows = {row.symbol: row for row in queries.status(engine, ARCHS)}
    assert set(rows) == {Q4, Q5} and len(queries.status(engine, ARCHS)) == 2
    assert len(queries.kernels(engine, "hip", Q5)) == 1
    with engine.connect() as connection:
        table = Base.metadata.tables["built_kernels"]
        assert len(connection.execute(select(table)).all()) == 1  # superseded ones are forgotten, whoever was first


def test_numbers_of_any_size_and_kind_are_kept(engine: Engine) -> None:
    odd = {"abs": float("inf"), "rel": 1e-300}
    record.evidence(engine, check("gfx90a", "h", seed=2**62, worst=odd, message="é\n%s ? :x"), toolchain="zig")
    (found,) = queries.evidence(engine, Q5)
    assert (found.seed, found.worst, found.message) == (2**62, odd, "é\n%s ? :x")


def fill(engine: Engine) -> None:
    """A history with something in every table that counts."""
    for arch in ARCHS:
        record.build(engine, attempt(arch), {Q5: "f1"}, built(Q5, f"h-{arch}"))
        record.evidence(engine, check(arch, f"h-{arch}", host="here"), toolchain="zig")
    record.evidence(engine, check("gfx1100", "h-gfx1100", outcome="failed", failing={"name": "c"}), toolchain="zig")
    record.build(engine, attempt("gfx90a", outcome="failed"), {Q5: "f2"}, {})
    run = record.run(engine, verb="verify", started="t", good=True, message="", options={"a": [1]}, summary={})
    record.snapshot(engine, run, {Q5: {"port": "ported"}})


def contents(address: Address) -> dict[str, list[Any]]:
    engine = open_database(address, read_only=True)
    with engine.connect() as connection:
        found = {
            table.name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            for table in Base.metadata.sorted_tables
        }
    engine.dispose()
    return found


def targets(request: pytest.FixtureRequest, folder: Path) -> Iterator[Address]:
    yield folder / "copy.db"
    if "postgresql" in KINDS:
        server: postgres.Server = request.getfixturevalue("server")
        yield server.new_database()


def test_a_copy_holds_every_row_and_says_the_same(
    engine: Engine, address: Address, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fill(engine)
    for target in targets(request, tmp_path):
        counts = copy(address, target, lambda table, rows: None)
        assert contents(target) == contents(address)
        assert counts["evidence"] == 3 and counts["builds"] == 3
        copied = open_database(target)
        assert queries.status(copied, ARCHS) == queries.status(engine, ARCHS)
        assert queries.sources(copied) == queries.sources(engine)
        added = record.evidence(copied, check("gfx90a", "h"), toolchain="zig")
        assert added == 4  # numbers go on after those that are there
        with pytest.raises(DatabaseError, match="project in it already"):
            copy(address, target, lambda table, rows: None)
        copied.dispose()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql+psycopg://team:secret@host/name", "postgresql+psycopg://team:***@host/name"),
        ("postgresql+psycopg://team:se/c@ret@host:5/name", "postgresql+psycopg://team:***@host:5/name"),
        (
            "postgresql+psycopg://host/name?user=team&password=secret",
            "postgresql+psycopg://host/name?user=team&password=***",
        ),
        (
            "postgresql+psycopg://team@host/name?sslpassword=secret&a=b",
            "postgresql+psycopg://team@host/name?sslpassword=***&a=b",
        ),
        ("postgresql+psycopg://team@host/name", "postgresql+psycopg://team@host/name"),
    ],
)
def test_an_address_is_named_without_its_password(text: str, shown: str) -> None:
    assert describe(text) == shown


def test_a_server_that_is_not_there_is_one_message() -> None:
    with pytest.raises(DatabaseError) as caught:
        open_database("postgresql+psycopg://team:secret@127.0.0.1:1/name")
    assert "team:***@127.0.0.1:1/name" in caught.value.message and "secret" not in str(caught.value)
    assert "is the server running" in caught.value.remedy
    assert caught.value.__suppress_context__
    with pytest.raises(DatabaseError, match="not an address"):
        open_database("postgresql+psycopg://team:secret@host:port/name")


@pytest.mark.skipif(not os.environ.get(postgres.WANTED), reason=f"needs {postgres.WANTED} (make test-postgres)")
def test_a_wrong_password_and_a_missing_database_are_one_message_without_it(server: postgres.Server) -> None:
    with pytest.raises(DatabaseError, match="authentication failed") as caught:
        open_database(server.address("postgres", password="wrong-secret"))
    assert "wrong-secret" not in str(caught.value) and "PGPASSWORD" in caught.value.remedy
    with pytest.raises(DatabaseError, match="does not exist") as caught:
        open_database(server.address("nowhere"))
    assert server.password not in str(caught.value) and "createdb" in caught.value.remedy
