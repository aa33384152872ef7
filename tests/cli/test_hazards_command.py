"""`kerntrack hazards`: what is listed, and acknowledging it until the code changes."""

import csv
import io
import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Kerntrack

CUDA = """\
static __device__ int dot(int a, int b) { return __dp4a(a, b, 0); }

static __device__ float sum(float x) {
    for (int mask = 16; mask > 0; mask >>= 1) x += __shfl_xor_sync(0xffffffff, x, mask, 32);
    return x;
}

extern "C" __global__ void mul_mat_q4_0(const int * x, float * y) { y[0] = sum(dot(x[0], x[1])); }
extern "C" __global__ void mul_mat_q5_1(const int * x, float * y) { y[0] = dot(x[0], x[1]); }
"""
HIP = """\
#include <hip/hip_runtime.h>
extern "C" __global__ void mul_mat_q5_1(const int * x, float * y) { y[0] = __shfl_xor(y[0], 1); }
"""
CONFIG = """\
cuda = ["all.cu"]   # the original
hip = ["port.hip"]
archs = ["gfx90a", "gfx1100"]

# How names change.
[rename]
"_cuda" = "_hip"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in (("all.cu", CUDA), ("port.hip", HIP), ("kerntrack.toml", CONFIG)):
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def scanned(kerntrack: Kerntrack) -> Kerntrack:
    assert kerntrack("scan").code == 0
    return kerntrack


def rows(ended: Ended) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ended.out)))


def rules(ended: Ended) -> dict[str, str]:
    """State by rule."""
    return {row["rule"]: row["state"] for row in rows(ended)}


def test_every_place_is_listed_with_the_kernels_that_reach_it(scanned: Kerntrack) -> None:
    found = {row["rule"]: row for row in rows(scanned("hazards", "--format", "csv"))}
    assert found.keys() == {"dp4a", "sync-mask-32", "sync-shuffle", "shuffle-without-width"}
    assert found["dp4a"]["place"] == "all.cu:1"
    assert found["dp4a"]["kernels"] == "mul_mat_q4_0 mul_mat_q5_1"
    assert (found["sync-shuffle"]["place"], found["sync-shuffle"]["kernels"]) == ("all.cu:4", "mul_mat_q4_0")
    assert found["shuffle-without-width"]["severity"] == "silently wrong"


def test_a_selector_chooses_kernels_on_both_sides_and_archs(scanned: Kerntrack) -> None:
    assert rules(scanned("hazards", "q5_1", "--format", "csv")).keys() == {"dp4a", "shuffle-without-width"}
    assert rules(scanned("hazards", "q5_1", "arch:gfx1100", "--format", "csv")).keys() == {"dp4a"}
    assert scanned("hazards", "q9_9").code == 2


def test_counts_by_severity_and_no_promise(scanned: Kerntrack, project: Path) -> None:
    out = scanned("hazards").out
    assert "4 findings by 46 rules, 2 files: 3 does not compile, 1 silently wrong" in out
    (project / "all.cu").write_text("")
    (project / "port.hip").write_text(HIP.replace("__shfl_xor(y[0], 1)", "1"))
    scanned("scan")
    out = scanned("hazards").out
    assert "no hazard found by 46 rules, 2 files: not found does not mean not there" in out
    assert "safe" not in out


def test_show_and_gap_tell_them(scanned: Kerntrack) -> None:
    shown = scanned("show", "mul_mat_q4_0").out
    assert "all.cu:1  __dp4a  (in dot, 2 kernels)" in shown
    assert "port.hip" not in shown
    gap = scanned("gap").out
    assert "dp4a: `__dp4a` (1 place, 1 kernels)" in gap
    assert "shuffle-without-width" not in gap


def test_a_recorded_inventory_has_its_hazards(kerntrack: Kerntrack, project: Path) -> None:
    kerntrack("scan", "--cuda", "all.cu", "--record", project / "all.json", "--origin", "me/repo@1")
    config = (project / "kerntrack.toml").read_text().replace('cuda = ["all.cu"]', 'baselines = ["all.json"]')
    (project / "kerntrack.toml").write_text(config)
    kerntrack("scan")
    assert "as found when they were recorded: all.cu of me/repo@1" in kerntrack("hazards").out
    assert "all.cu:1  __dp4a  (in dot, 2 kernels)" in kerntrack("show", "mul_mat_q4_0").out
    assert kerntrack("hazards", "ack", "dp4a", "all.cu", "--reason", "looked at").code == 0
    assert rules(kerntrack("hazards", "--format", "csv"))["dp4a"] == "acknowledged: looked at"


def test_an_acknowledgement_keeps_the_file_and_ends_with_the_code(scanned: Kerntrack, project: Path) -> None:
    file = project / "kerntrack.toml"
    ended = scanned("hazards", "ack", "dp4a", "mul_mat_*", "--reason", "a header has it")
    assert ended.code == 0, ended
    assert file.read_text().startswith(CONFIG + "\n[[acknowledge]]\n")
    (entry,) = tomllib.loads(file.read_text())["acknowledge"]
    assert (entry["rule"], entry["kernel"], entry["reason"]) == ("dp4a", "mul_mat_*", "a header has it")
    assert rules(scanned("hazards", "--format", "csv"))["dp4a"] == "acknowledged: a header has it"
    assert "acknowledged: a header has it" in scanned("show", "mul_mat_q4_0").out
    assert "dp4a" not in scanned("gap").out

    source = project / "all.cu"
    source.write_text(
        "// moved down\n" + CUDA.replace("return __dp4a(a, b, 0);", "return  __dp4a(a, b, 0); /* same */")
    )
    scanned("scan")
    assert rules(scanned("hazards", "--format", "csv"))["dp4a"] == "acknowledged: a header has it"

    source.write_text(CUDA.replace("__dp4a(a, b, 0)", "__dp4a(a, b, 1)"))
    scanned("scan")
    assert rules(scanned("hazards", "--format", "csv"))["dp4a"] == "acknowledgement expired: the code changed"

    scanned("hazards", "ack", "dp4a", "mul_mat_*", "--reason", "looked at again")
    (entry,) = tomllib.loads(file.read_text())["acknowledge"]
    assert entry["reason"] == "looked at again"
    assert rules(scanned("hazards", "--format", "csv"))["dp4a"] == "acknowledged: looked at again"


def test_one_kernel_or_one_file_can_be_acknowledged(scanned: Kerntrack) -> None:
    scanned("hazards", "ack", "dp4a", "q4_0", "--reason", "one")
    assert rules(scanned("hazards", "--format", "csv"))["dp4a"] == ""
    assert rules(scanned("hazards", "q4_0", "--format", "csv"))["dp4a"] == "acknowledged: one"
    scanned("hazards", "ack", "dp4a", "all.cu", "--reason", "all")
    assert rules(scanned("hazards", "--format", "csv"))["dp4a"] == "acknowledged: one; all"
    totals = json.loads(scanned("hazards", "--json").out)["totals"]
    assert (totals["does not compile"], totals["acknowledged"]) == (3, 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ack", "dp4", "q4_0", "--reason", "x"), "there is no rule 'dp4'"),
        (("ack", "dp4a", "q4_0"), "needs a rule, kernels or a file, and --reason"),
        (("ack", "sync-shuffle", "q5_1", "--reason", "x"), "sync-shuffle found nothing in q5_1"),
        (("ack", "dp4a", "--reason", "x"), "which kernels or file?"),
        (("q4_0", "--reason", "x"), "--reason belongs to"),
    ],
)
def test_mistakes(scanned: Kerntrack, words: tuple[str, ...], message: str) -> None:
    ended = scanned("hazards", *words)
    assert ended.code == 2
    assert message in ended.err


def test_what_changed_since_the_scan_is_not_acknowledged(scanned: Kerntrack, project: Path) -> None:
    (project / "all.cu").write_text(CUDA + "\n")
    ended = scanned("hazards", "ack", "dp4a", "q4_0", "--reason", "x")
    assert (ended.code, "all.cu has changed since it was scanned" in ended.err) == (2, True)
