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


def test_gap_answers_three_ways(kerntrack: Kerntrack, project: Path, launcher: Path) -> None:
    kerntrack("scan", "--rust", "src")
    callers = json.loads(kerntrack("gap", "--json").out)["callers"]
    assert [each["name"] for each in callers["not_in_cuda"]] == ["only_asked_for"]
    assert [each["name"] for each in callers["not_in_hip"]] == ["mul_mat_q4_0", "only_asked_for"]
    assert callers["never_asked"] == ["scale", "own"]
    (misfit,) = callers["misfits"]
    assert (misfit["name"], misfit["line"]) == ("dequantize_block_q5_1_f32", 3)
    assert misfit["reason"] == "a block of (64, 1, 1) is launched, the contract has (256, 1, 1)"
    screen = kerntrack("gap").out
    assert "2 asked for by Rust, not in HIP" in screen
    assert "only_asked_for  (src/rocm.rs:10)" in screen


def test_gap_says_so_when_only_the_name_differs(kerntrack: Kerntrack, project: Path, launcher: Path) -> None:
    vector = 'extern "C" __global__ void {}(float * x) {{ x[0] = 1; }}\n'
    asked = "mul_mat_vec_q4_0_q8_1_cuda1"
    there = asked.replace("cuda", "hip")
    (project / "cuda" / "more.cu").write_text(vector.format(asked))
    (project / "hip" / "more.hip").write_text("#include <hip/hip_runtime.h>\n" + vector.format(there))
    launcher.write_text(f'fn f(d: &Device) {{ d.get_or_load_func("{asked}", m); }}')
    kerntrack("scan", "--rust", "src")
    (unanswered,) = json.loads(kerntrack("gap", "--json").out)["callers"]["not_in_hip"]
    assert (unanswered["name"], unanswered["instead"]) == (asked, there)
    assert f"{asked}  (src/rocm.rs:1); there is {there}" in kerntrack("gap").out

    launcher.write_text(f'fn f(d: &Device) {{ d.get_or_load_func("{there}", m); }}')
    kerntrack("scan", "--rust", "src")
    callers = json.loads(kerntrack("gap", "--json").out)["callers"]
    assert (callers["not_in_cuda"], callers["not_in_hip"]) == ([], [])


def test_without_rust_sources_nothing_is_claimed_about_callers(kerntrack: Kerntrack) -> None:
    kerntrack("scan")
    assert json.loads(kerntrack("gap", "--json").out)["callers"] is None
    assert "no Rust source was scanned" in kerntrack("gap").out


def test_show_tells_who_asks_for_a_kernel(kerntrack: Kerntrack, launcher: Path) -> None:
    kerntrack("scan", "--rust", "src")
    shown = kerntrack("show", "dequantize_block_q5_1_f32").out
    assert "asked for in src/rocm.rs:3 by dequantize, grid (?, 1, 1), block (64, 1, 1)" in shown
