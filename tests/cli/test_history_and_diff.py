"""history lists what ran; diff sorts every change and ends badly for a regression only."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Kerntrack
from tracker.actions.compare import Change, compare


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("missing", "ported", "new"),
        ("drifted", "ported", "new"),
        ("ported", "drifted", "broken"),
        ("ported", "missing", "broken"),
        ("none", "compiled", "new"),
        ("none", "build failed", "broken"),
        ("compiled", "emulated", "new"),
        ("compiled", "unsupported", "changed"),
        ("compiled", "emulation failed", "broken"),
        ("emulated", "verified", "new"),
        ("emulated", "compiled", "broken"),
        ("verified", "emulated", "broken"),
        ("verified", "verify failed", "broken"),
        ("build failed", "compiled", "fixed"),
        ("emulation failed", "emulated", "fixed"),
        ("emulation failed", "verified", "fixed"),
        ("emulation failed", "compiled", "fixed"),
        ("verify failed", "emulated", "fixed"),
        ("build failed", "emulation failed", "changed"),
        ("emulation failed", "none", "changed"),
        ("emulated", "emulated (stale)", "stale"),
        ("emulated (stale)", "emulated", "fixed"),
        ("emulated (stale)", "compiled", "broken"),
        ("compiled (stale)", "emulated", "new"),
    ],
)
def test_what_a_change_is(before: str, after: str, kind: str) -> None:
    arch = "port" if before in ("missing", "drifted", "ported") else "gfx90a"
    assert compare({"k": {arch: before}}, {"k": {arch: after}}) == [Change(kind, "k", arch, before, after)]


def test_new_and_gone_kernels_come_after_broken_ones() -> None:
    before = {"a": {"port": "ported", "gfx90a": "emulated"}, "b": {"port": "missing"}}
    after = {"a": {"port": "ported", "gfx90a": "emulation failed"}, "c": {"port": "ported"}}
    assert [(change.kind, change.symbol) for change in compare(before, after)] == [
        ("broken", "a"),
        ("new", "c"),
        ("gone", "b"),
    ]


def edit(project: Path, old: str, new: str) -> None:
    port = project / "hip" / "port.hip"
    port.write_text(port.read_text().replace(old, new))


def test_runs_and_files_can_be_compared(kerntrack: Kerntrack, project: Path, tmp_path: Path) -> None:
    kerntrack("scan")
    base = tmp_path / "base.json"
    base.write_text(kerntrack("status", "--json").out)
    assert kerntrack("diff", base).code == 0
    edit(project, "double factor", "float factor")
    kerntrack("scan")
    better = kerntrack("diff", base, "--format", "csv")
    assert (better.code, better.out.splitlines()[1:]) == (0, ["new,scale,port,drifted,ported"])
    edit(project, "dequantize_block_q5_1_f32", "renamed")
    kerntrack("scan")
    worse = kerntrack("diff", "2", "--json")
    assert worse.code == 1
    assert json.loads(worse.out)["changes"] == [
        {
            "kind": "broken",
            "symbol": "dequantize_block_q5_1_f32",
            "arch": "port",
            "before": "ported",
            "after": "missing",
        },
        {"kind": "new", "symbol": "renamed", "arch": "port", "before": "", "after": "ported"},
    ]
    assert kerntrack("diff", "1", "1").err.strip() == "nothing changed"
    runs = json.loads(kerntrack("history", "--json").out)["runs"]
    assert [(run["id"], run["verb"], run["message"]) for run in runs] == [
        (3, "scan", "1 of 4 ported"),
        (2, "scan", "2 of 4 ported"),
        (1, "scan", "1 of 4 ported"),
    ]
    assert len(kerntrack("history", "--limit", "2", "--format", "csv").out.splitlines()) == 3


@pytest.mark.parametrize("content", ["{", "[]", '{"kernels": [{"symbol": "a"}]}'])
def test_a_file_that_is_no_state(kerntrack: Kerntrack, tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    ended = kerntrack("diff", file, file)
    assert ended.code == 2
    assert "state.json is not a state of kerntrack" in ended.err and "status --json" in ended.err


def test_unknown_runs_and_files(kerntrack: Kerntrack) -> None:
    kerntrack("scan")
    assert "nowhere.json" in kerntrack("diff", "nowhere.json").err
    assert "no state is known for run 0" in kerntrack("diff", "0").err
    assert "no state is known for run 99" in kerntrack("diff", "99").err
