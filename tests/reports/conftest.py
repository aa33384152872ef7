"""A port of 142 kernels on six architectures, in every state, and the command line in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import tui_data
from db import record
from db.engine import open_database
from tracker.actions.compare import states_of
from tracker.actions.status import load
from tracker.cli import spread
from tracker.cli.app import app
from tracker.config import load_project

ARCHS = ("gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1151", "gfx1201")
Kerntrack = Callable[..., str]


@pytest.fixture(scope="package")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cells emulated, failed and compiled; two kernels missing, one drifted, one HIP kernel too many."""
    folder = tmp_path_factory.mktemp("large")
    names = ", ".join(f'"{arch}"' for arch in ARCHS)
    (folder / "kerntrack.toml").write_text(f'archs = [{names}]\ndatabase = "k.db"\n')
    tui_data.make(folder / "k.db", 142, ARCHS)
    engine = open_database(folder / "k.db")
    pairs = [[kernel.symbol, kernel.symbol, []] for kernel in load(load_project(folder)).kernels]
    pairs[0][2] = ["parameter 1 `x<y>&` is int in CUDA, long in HIP"]
    pairs[1][1] = pairs[2][1] = pairs[3][0] = None
    keys = ("cuda_symbol", "hip_symbol", "differences")
    record.pairs(engine, [dict(zip(keys, pair, strict=True)) for pair in pairs])
    for minute in range(3):
        states = states_of(load(load_project(folder)).kernels)
        for row in list(states.values())[: 40 * (2 - minute)]:
            row |= dict.fromkeys(ARCHS, "none")
        started = f"2026-01-01T00:0{minute}:00.000+00:00"
        run = record.run(
            engine, verb="scan", started=started, finished=started, good=True, message="", options={}, summary={}
        )
        record.snapshot(engine, run, states)
    engine.dispose()
    return folder


@pytest.fixture
def kerntrack(large: Path) -> Kerntrack:
    """Run a command in that project; it must end well. Gives what it printed."""

    def run(*arguments: str) -> str:
        ended = CliRunner().invoke(app, ["-C", str(large), *spread(list(arguments))])
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    return run
