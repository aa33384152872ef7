from pathlib import Path

import pytest
from sqlalchemy import Engine

from db import matrix, record
from db.engine import open_database
from tests.db import samples


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with two CUDA kernels, one of them ported in `q5.hip`; contracts are at version 1."""
    monkeypatch.setattr(matrix, "current_contract", lambda symbol: "dequantize/1")
    engine = open_database(tmp_path / "kerntrack.db")
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
