"""Text search, syntax tree and symbol tables are asked apart, and the report says where and why they differ."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tracker.build.codeobject import read
from tracker.build.symbols import kernel_symbols
from tracker.cli.app import app
from tracker.errors import UsageError

CUDA = """\
#define KERNEL(name) extern "C" __global__ void name(float * x) { x[0] = 1; }
extern "C" __global__ void plain(float * x) { x[0] = 1; }
KERNEL(pasted_f32)
KERNEL(forgotten)
KERNEL(other_arch)
KERNEL(untouched)
"""
HIP = """\
#include <hip/hip_runtime.h>
// forgotten: to be done
#define KERNEL(name) extern "C" __global__ void name##_f32(float * x) { x[0] = 1; }
extern "C" __global__ void plain(float * x) { x[0] = 1; }
KERNEL(pasted)
#ifndef __GFX11__
extern "C" __global__ void other_arch(float * x) { x[0] = 1; }
#endif
"""
CONFIG = 'cuda = ["all.cu"]\nhip = ["port.hip"]\narchs = ["gfx1100", "gfx90a"]\ncache = "cache"\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scanned, and built for gfx1100 alone."""
    folder = tmp_path_factory.mktemp("ways")
    for name, text in (("all.cu", CUDA), ("port.hip", HIP), ("kerntrack.toml", CONFIG)):
        (folder / name).write_text(text)
    run(folder, "scan")
    run(folder, "compile", "--arch", "gfx1100")
    return folder


def run(folder: Path, *arguments: str) -> str:
    return CliRunner().invoke(app, ["-C", str(folder), *arguments]).stdout


@pytest.fixture(scope="module")
def report(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(project, "report", "--format", "json"))
    return found


def answers(report: dict[str, Any], symbol: str) -> tuple[bool | None, bool, dict[str, bool | None], str]:
    (each,) = (each for each in report["three_ways"] if each["symbol"] == symbol)
    return each["text"], each["tree"], each["objects"], each["reason"]


def test_all_agree(report: dict[str, Any]) -> None:
    assert answers(report, "plain") == (True, True, {"gfx1100": True, "gfx90a": None}, "")
    assert answers(report, "untouched") == (False, False, {"gfx1100": False, "gfx90a": None}, "")


def test_a_name_that_a_macro_pastes_is_spelled_nowhere(report: dict[str, Any]) -> None:
    text, tree, objects, reason = answers(report, "pasted_f32")
    assert (text, tree, objects["gfx1100"]) == (False, True, True)
    assert reason == "spelled nowhere: macro KERNEL at port.hip:3 makes it"


def test_a_name_in_a_comment_is_no_kernel(report: dict[str, Any]) -> None:
    text, tree, objects, reason = answers(report, "forgotten")
    assert (text, tree, objects["gfx1100"]) == (True, False, False)
    assert reason == "only mentioned at port.hip:2: no kernel"


def test_a_kernel_that_an_architecture_lacks(report: dict[str, Any]) -> None:
    text, tree, objects, reason = answers(report, "other_arch")
    assert (text, tree, objects["gfx1100"]) == (True, True, False)
    assert reason == "in the syntax tree, but in no code object for gfx1100"


def test_counts_by_side_and_way(report: dict[str, Any]) -> None:
    counts = {(each["side"], each["way"]): each["kernels"] for each in report["counts"]}
    assert counts == {
        ("cuda", "text search"): 2,
        ("cuda", "syntax tree"): 5,
        ("hip", "text search"): 3,
        ("hip", "syntax tree"): 3,
        ("hip", "code objects for gfx1100"): 2,
        ("hip", "code objects for gfx90a"): None,
        ("rust", "callers"): None,
    }


def test_the_symbol_table_has_the_kernels_that_the_metadata_has(project: Path, tmp_path: Path) -> None:
    (built,) = (project / "cache").rglob("*.hsaco")
    assert kernel_symbols(built) == read(built).kernels.keys() == {"plain", "pasted_f32"}
    (tmp_path / "text.hsaco").write_text("no code")
    with pytest.raises(UsageError, match="is not a code object"):
        kernel_symbols(tmp_path / "text.hsaco")
