"""Every database test that does not speak of files runs on SQLite and, where asked for, on PostgreSQL as well."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db import matrix, record
from db.address import Address
from db.engine import open_database
from tests import postgres
from tests.db import samples

Open = Callable[..., Engine]
KINDS = ("sqlite", "postgresql") if os.environ.get(postgres.WANTED) else ("sqlite",)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A PostgreSQL server for all tests that want one."""
    if not postgres.programs():
        pytest.skip("needs PostgreSQL (Debian's package postgresql)")
    with postgres.running(tmp_path_factory.mktemp("postgresql")) as running:
        yield running


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """Where a new database can be."""
    if request.param == "sqlite":
        return tmp_path / "kerntrack.db"
    server: postgres.Server = request.getfixturevalue("server")
    return server.new_database()


@pytest.fixture
def opened(address: Address) -> Iterator[Open]:
    """Open that database; closed after the test."""
    engines = []

    def open_(read_only: bool = False, emulator: str | None = None) -> Engine:
        engines.append(open_database(address, read_only, emulator))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(opened: Open, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with two CUDA kernels, one of them ported in `q5.hip`; contracts are at version 1."""
    monkeypatch.setattr(matrix, "current_contract", lambda symbol: "dequantize/1")
    engine = opened()
    cuda = samples.facts("cuda", "a.cu", samples.kernel(samples.Q4, macro_line=2), samples.kernel(samples.Q5))
    record.source(engine, cuda)
    samples.port(engine, "f1")
    pairs = (
        {"cuda_symbol": samples.Q4, "hip_symbol": None, "differences": []},
        {"cuda_symbol": samples.Q5, "hip_symbol": samples.Q5, "differences": []},
    )
    record.sources(engine, [("cuda", "a.cu", ""), ("hip", "q5.hip", "")])
    record.pairs(engine, pairs)
    return engine
