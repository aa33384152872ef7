"""Rust sources: which kernels they ask for, and what the gap says about it."""

import json
from pathlib import Path

import pytest

from db import queries
from tests.cli.conftest import Kerntrack
from tracker.actions.store import open_store
from tracker.config import load_project

RUST = """
fn dequantize(dev: &Device) -> Result<()> {
    let func = dev.get_or_load_func("dequantize_block_q5_1_f32", &MODULE)?;
    let cfg = LaunchConfig { grid_dim: (blocks, 1, 1), block_dim: (64, 1, 1), shared_mem_bytes: 0 };
    func.launch(cfg)
}

fn others(dev: &Device) {
    dev.get_or_load_func("mul_mat_q4_0", &MODULE);
    dev.get_or_load_func("only_asked_for", &MODULE);
}
"""


@pytest.fixture
def launcher(project: Path) -> Path:
    file = project / "src" / "rocm.rs"
    file.parent.mkdir()
    file.write_text(RUST)
    return file


def asked(project: Path) -> list[tuple[str, int]]:
    engine = open_store(load_project(project), read_only=True)
    return [(each.name, each.line) for each in queries.callers(engine)]


def test_scan_keeps_what_rust_asks_for(kerntrack: Kerntrack, project: Path, launcher: Path) -> None:
    ended = kerntrack("scan", "--rust", "src")
    assert ended.code == 0
    assert "parsed src/rocm.rs: 3 kernels asked for" in ended.err
    assert asked(project) == [("dequantize_block_q5_1_f32", 3), ("mul_mat_q4_0", 9), ("only_asked_for", 10)]


def test_an_unchanged_rust_file_is_not_read_again(kerntrack: Kerntrack, project: Path, launcher: Path) -> None:
    config = project / "kerntrack.toml"
    config.write_text(config.read_text() + 'rust = ["src"]\n')
    kerntrack("scan")
    ended = kerntrack("scan", "--json")
    assert json.loads(ended.out)["scan"]["parsed"] == 0
    assert "unchanged src/rocm.rs: 3 kernels asked for" in ended.err

    launcher.write_text(RUST.replace("only_asked_for", "asked_for"))
    assert json.loads(kerntrack("scan", "--json").out)["scan"]["parsed"] == 1
    assert asked(project)[-1] == ("asked_for", 10)
