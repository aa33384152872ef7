"""From source to evidence and back, on two small kernels of our own with the real compiler and emulator."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Kerntrack

ROOT = Path(__file__).parents[2]
Q5, Q4 = "dequantize_block_q5_1_f32", "dequantize_block_q4_0_f32"
CUDA = f"""\
extern "C" __global__ void {Q5}(const void * vx, float * y, int k) {{}}
extern "C" __global__ void {Q4}(const void * vx, float * y, int k) {{}}
extern "C" __global__ void get_rows_q4_0(const void * x) {{}}
"""
HIP = f"""\
#include <hip/hip_fp16.h>
#include <hip/hip_runtime.h>

struct block_q5_1 {{ __half d, m; unsigned int high; unsigned char low[16]; }};
struct block_q4_0 {{ __half d; unsigned char low[16]; }};

extern "C" __global__ void {Q5}(const void * vx, float * y, int k) {{
    const int first = 2 * (blockIdx.x * blockDim.x + threadIdx.x);
    for (int i = first; i < first + 2 && i < k; ++i) {{
        const block_q5_1 & block = static_cast<const block_q5_1 *>(vx)[i / 32];
        const int place = i % 32, low = block.low[place % 16] >> (place < 16 ? 0 : 4);
        const int code = (low & 15) | ((block.high >> place) & 1) << 4;
        y[i] = fmaf(__half2float(block.d), float(code), __half2float(block.m));
    }}
}}

extern "C" __global__ void {Q4}(const void * vx, float * y, int k) {{
    const int first = 8 * (blockIdx.x * blockDim.x + threadIdx.x);
    for (int i = first; i < first + 8 && i < 32 * k; ++i) {{
        const block_q4_0 & block = static_cast<const block_q4_0 *>(vx)[i / 32];
        const int place = i % 32, code = (block.low[place % 16] >> (place < 16 ? 0 : 4)) & 15;
        y[i] = __half2float(block.d) * float(code - 8);
    }}
}}
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build cache for all tests of this file: what was built once is found again."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path: Path, cache: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "all.cu").write_text(CUDA)
    (folder / "port.hip").write_text(HIP)
    (folder / "kerntrack.toml").write_text(
        f'cuda = ["all.cu"]\nhip = ["port.hip"]\narchs = ["gfx90a", "gfx1100"]\ncache = "{cache}"\n'
    )
    return folder


def edit(project: Path, old: str, new: str) -> None:
    port = project / "port.hip"
    assert old in port.read_text()
    port.write_text(port.read_text().replace(old, new))


def outcomes(ended: Ended) -> dict[tuple[str, str], tuple[str, bool]]:
    """(symbol, arch) → (outcome, evidence already held)."""
    results = json.loads(ended.out)["results"]
    return {(each["symbol"], each["arch"]): (each["outcome"], each["held"]) for each in results}


def states(kerntrack: Kerntrack, symbol: str) -> dict[str, tuple[str, bool]]:
    (kernel,) = json.loads(kerntrack("status", "--json", symbol).out)["kernels"]
    return {arch: (cell["state"], cell["fresh"]) for arch, cell in kernel["archs"].items()}


ALL = [(symbol, arch) for symbol in (Q4, Q5) for arch in ("gfx90a", "gfx1100")]


def test_verify_builds_checks_and_then_holds(kerntrack: Kerntrack) -> None:
    first = kerntrack("verify", "--json")
    assert first.code == 0, first
    assert outcomes(first) == dict.fromkeys(ALL, ("passed", False))
    assert "1 of 3 selected kernels are not ported yet: get_rows_q4_0" in first.err
    second = kerntrack("verify", "--json")
    assert outcomes(second) == dict.fromkeys(ALL, ("passed", True))
    assert json.loads(second.out)["summary"]["run"] == 0
    assert "evidence holds" in second.err
    assert states(kerntrack, Q5) == {"gfx90a": ("emulated", True), "gfx1100": ("emulated", True)}
    lines = kerntrack("verify", Q5, "arch:gfx1100").out.splitlines()
    assert len(lines) == 1 and lines[0].split()[:4] == ["◐", Q5, "gfx1100", "passed"]
    assert "exact" in lines[0] and lines[0].endswith("evidence holds")
    shown = kerntrack("show", Q5).out
    for what in ("wave-instructions (", "lanes of vector instructions active", "lines per access", "global_load_"):
        assert shown.count(what) == 2, shown  # once an arch
    again = kerntrack("verify", Q5, "arch:gfx1100", "--again", "--json")
    assert outcomes(again) == {(Q5, "gfx1100"): ("passed", False)}


def test_a_broken_shift_fails_exactly_the_affected_kernel(kerntrack: Kerntrack, project: Path) -> None:
    assert kerntrack("verify").code == 0
    edit(project, "place < 16 ? 0 : 4);", "place < 16 ? 0 : 3);")
    broken = kerntrack("verify")
    assert broken.code == 1
    lines = broken.out.splitlines()
    assert [line for line in lines if line.startswith("✗")] and "2 failed, 2 passed" in broken.err
    assert all(Q5 in line for line in lines if line.startswith("✗"))
    assert all(line.endswith("evidence holds") for line in lines if Q4 in line)
    assert any("y[" in line and "expected" in line and "got" in line for line in lines)
    assert states(kerntrack, Q5)["gfx1100"] == ("emulation failed", True)
    assert states(kerntrack, Q4)["gfx1100"] == ("emulated", True)
    reproduce = next(line.partition(": ")[2] for line in lines if "reproduce" in line)
    ended = kerntrack(*shlex.split(reproduce)[1:])
    assert ended.code == 1 and "expected" in ended.out
    edit(project, "place < 16 ? 0 : 3)", "place < 16 ? 0 : 4)")
    assert outcomes(kerntrack("verify", "--json")) == dict.fromkeys(ALL, ("passed", True))


def test_comments_change_nothing_and_reordered_code_keeps_evidence(kerntrack: Kerntrack, project: Path) -> None:
    assert kerntrack("verify", "arch:gfx1100").code == 0
    edit(project, "        y[i] = fmaf", "        // one rounding\n        y[i] = fmaf")
    assert all(held for _, held in outcomes(kerntrack("verify", "arch:gfx1100", "--json")).values())
    edit(project, "const int place = i % 32, low", "const int unused = 1, place = i % 32, low")
    assert "changed" in kerntrack("status").err
    kerntrack("scan")
    assert states(kerntrack, Q5)["gfx1100"] == ("emulated", False)
    assert all(held for _, held in outcomes(kerntrack("verify", "arch:gfx1100", "--json")).values())
    assert states(kerntrack, Q5)["gfx1100"] == ("emulated", True)


def test_compile_error_shows_the_compilers_words(kerntrack: Kerntrack, project: Path) -> None:
    edit(project, "float(code - 8)", "float(code - eight)")
    ended = kerntrack("compile", "arch:gfx1100")
    assert ended.code == 1
    assert "port.hip:22:" in ended.err and "use of undeclared identifier 'eight'" in ended.err
    assert "✗ port.hip" in ended.out
    assert states(kerntrack, Q5)["gfx1100"][0] == "build failed"
    assert kerntrack("verify", "arch:gfx1100").code == 1
    assert "undeclared identifier" in kerntrack("show", Q4).out


def test_nothing_to_compile_is_seen_without_sqlalchemy(
    kerntrack: Kerntrack, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kerntrack("compile").code == 0
    command = [sys.executable, "-X", "importtime", "-m", "tracker", "-C", str(project), "compile"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "nothing to do: 4 of 4 kernel builds are there" in ended.stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines() if "|" in line}
    assert not loaded & {"sqlalchemy", "clang", "numpy"}
    monkeypatch.setattr("db.append.run", lambda *_: False)  # as on a server, or where another process holds the file
    assert "nothing to do: 4 of 4 kernel builds are there" in kerntrack("compile").err
    runs = json.loads(kerntrack("history", "--json").out)["runs"]
    quick, slow = ({**run, "id": 0, "started": "", "finished": ""} for run in (runs[1], runs[0]))
    assert quick == slow and [run["verb"] for run in runs] == ["compile"] * 3


def test_unchanged_sources_are_not_compiled_again(kerntrack: Kerntrack, cache: Path) -> None:
    assert kerntrack("compile").code == 0
    ended = kerntrack("compile", "--json")
    assert (ended.code, json.loads(ended.out)["builds"]) == (0, [])
    forced = json.loads(kerntrack("compile", "--again", "--json").out)["builds"]
    assert [build["cached"] for build in forced] == [True, True]


def own_cache(project: Path) -> Path:
    """A build cache that no other test sees."""
    config = project / "kerntrack.toml"
    config.write_text(config.read_text().partition("cache")[0] + 'cache = "c"\n')
    return project / "c"


@pytest.mark.parametrize("name", ["kernel.s", "kernel.o", "kernel.hsaco", "build.json"])
def test_a_damaged_build_is_made_anew(kerntrack: Kerntrack, project: Path, name: str) -> None:
    own_cache(project)
    assert kerntrack("compile", "arch:gfx1100").code == 0
    (built,) = (project / "c").glob(f"*/*/{name}")
    whole = built.read_bytes()
    built.write_bytes(whole[: len(whole) // 2])
    ended = kerntrack("verify", "arch:gfx1100", "--no-build")
    assert (ended.code, ended.out) == (1, "") and "2 not built" in ended.err
    assert kerntrack("verify", "arch:gfx1100").code == 0
    if name != "build.json":  # which says how many seconds it took
        assert built.read_bytes() == whole


def test_a_check_of_another_builds_assembly_is_none_of_this_build(kerntrack: Kerntrack, project: Path) -> None:
    own_cache(project)
    assert kerntrack("compile", Q5, "arch:gfx1100").code == 0
    (right,) = (project / "c").glob("*/*/kernel.s")
    edit(project, "place < 16 ? 0 : 4);", "place < 16 ? 0 : 3);")
    assert kerntrack("compile", Q5, "arch:gfx1100").code == 0
    (wrong,) = set((project / "c").glob("*/*/kernel.s")) - {right}
    wrong.write_bytes(right.read_bytes())
    assert kerntrack("verify", Q5, "arch:gfx1100").code == 1
    assert states(kerntrack, Q5)["gfx1100"] == ("emulation failed", True)


def test_an_arch_that_is_not_emulated_is_unsupported(kerntrack: Kerntrack, project: Path) -> None:
    ended = kerntrack("verify", Q5, "--arch", "gfx908", "--json")
    assert outcomes(ended) == {(Q5, "gfx908"): ("unsupported", False)}
    assert ended.code == 1 and "nothing could be checked: 1 unsupported" in ended.err
    assert "gfx908" in json.loads(ended.out)["results"][0]["message"]
    config = project / "kerntrack.toml"
    config.write_text(config.read_text().replace('"gfx90a"', '"gfx908"'))
    assert states(kerntrack, Q5)["gfx908"] == ("unsupported", True)


def test_an_arch_named_twice_is_checked_once(kerntrack: Kerntrack) -> None:
    ended = kerntrack("verify", Q5, "--arch", "gfx1100", "--arch", "gfx1100", "--json")
    assert [(each["symbol"], each["arch"]) for each in json.loads(ended.out)["results"]] == [(Q5, "gfx1100")]


def test_a_case_that_cannot_be_read_names_one_that_can(kerntrack: Kerntrack) -> None:
    ended = kerntrack("verify", Q5, "arch:gfx1100", "--case", "nonsense")
    assert (ended.code, ended.out) == (2, "")
    assert "case 'nonsense'" in ended.err and "like this: blocks=" in ended.err


def test_nothing_ported_is_bad_news(kerntrack: Kerntrack) -> None:
    kerntrack("scan")
    ended = kerntrack("verify", "get_rows_q4_0")
    assert (ended.code, "nothing to verify" in ended.err) == (1, True)


def processes_of(project: Path) -> list[str]:
    """Command lines of processes that have something to do with a project."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(project) in line]


@pytest.mark.parametrize("words", [["compile"], ["verify"]])
def test_ctrl_c_leaves_no_process_and_no_half_result(kerntrack: Kerntrack, project: Path, words: list[str]) -> None:
    assert kerntrack("scan").code == 0
    own_cache(project)
    command = [sys.executable, "-m", "tracker", "-C", str(project), *words]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not (project / "c").exists() and running.poll() is None:
        time.sleep(0.002)
    time.sleep(0.05)  # the compiler has started, and needs much longer
    os.kill(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130, err
    assert "Traceback" not in err and "kept" in err
    assert processes_of(project) == []
    assert kerntrack("status").code == 0
    assert states(kerntrack, Q5)["gfx1100"][0] in ("none", "compiled")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_was_checked_before_the_end_is_kept(kerntrack: Kerntrack, project: Path, number: signal.Signals) -> None:
    assert kerntrack("compile").code == 0
    command = [sys.executable, "-m", "tracker", "-C", str(project), "verify", "--effort", "full"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    line = running.stdout.readline()
    assert line, running.communicate()[1]
    _, symbol, arch, *_ = line.split()
    os.kill(running.pid, number)
    running.communicate(timeout=20)
    assert running.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9}[number]
    assert states(kerntrack, symbol)[arch] == ("emulated", True)
    assert outcomes(kerntrack("verify", "--effort", "full", symbol, f"arch:{arch}", "--json")) == {
        (symbol, arch): ("passed", True)
    }
