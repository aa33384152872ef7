"""Time limits: compilers and kernels that do not end are ended, shown as such, and told apart from what is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from tests.cli.conftest import Kerntrack

SCHEMAS = Path(__file__).parents[2] / "tracker" / "cli" / "schemas"
KERNEL = "dequantize_block_q5_1_f32"
SLOW, WRONG = "slow.hip", "wrong.hip"
HANGS = f"""\
#include <hip/hip_runtime.h>

extern "C" __global__ void {KERNEL}(const void * vx, float * y, int k) {{
    volatile int turn = 0;
    while (turn < 4) {{ turn = (turn + 1) & 3; }}
}}
"""
STUB = """\
#!/bin/sh
case "$*" in
*--version*) echo "clang version 19.0.0" ;;
*slow.hip*) sleep 60 ;;
*) echo "wrong.hip: error: this does not compile" >&2; exit 1 ;;
esac
"""

Write = Callable[[str], None]


@pytest.fixture
def configure(project: Path) -> Write:
    """Write kerntrack.toml with more at its end."""
    shutil.rmtree(project / "hip")
    (project / "hip").mkdir()
    (project / "all.cu").write_text(f'extern "C" __global__ void {KERNEL}(const void * vx, float * y, int k) {{}}\n')
    first = 'cuda = ["all.cu"]\nhip = ["hip"]\narchs = ["gfx1100"]\ncache = "cache"\n'
    return lambda more: (project / "kerntrack.toml").write_text(first + more) and None


@pytest.fixture
def stub(project: Path, configure: Write) -> str:
    """The path of a compiler that sleeps over one file and refuses all others."""
    folder = project / "compiler"
    folder.mkdir()
    for name in ("clang++", "ld.lld"):
        (folder / name).write_text(STUB)
        (folder / name).chmod(0o755)
    return str(folder / "clang++")


def document(name: str, text: str) -> Any:
    found = json.loads(text)
    validate(found, json.loads((SCHEMAS / f"{name}.json").read_text()))
    return found


def test_a_compiler_that_does_not_end(kerntrack: Kerntrack, project: Path, configure: Write, stub: str) -> None:
    configure(f'toolchain = "{stub}"\n[limits]\ncompile = 0.5\n')
    (project / "hip" / SLOW).write_text(HANGS)
    ended = kerntrack("compile", "--json")
    assert ended.code == 4
    (build,) = document("compile", ended.out)["builds"]
    assert build["outcome"] == "timed out"
    told = "compiling slow.hip for gfx1100 did not end within 0.5 s: raise `compile` under [limits] in kerntrack.toml"
    assert told in build["output"] and told in ended.err
    assert "1 not within the time limit" in ended.err
    assert told in kerntrack("show", KERNEL).out
    assert kerntrack("verify").code == 4


def test_a_failure_counts_before_a_time_limit(kerntrack: Kerntrack, project: Path, configure: Write, stub: str) -> None:
    configure(f'toolchain = "{stub}"\n[limits]\ncompile = 0.5\n')
    (project / "hip" / SLOW).write_text(HANGS)
    (project / "hip" / WRONG).write_text(HANGS.replace(KERNEL, "own"))
    assert kerntrack("compile").code == 1
    assert kerntrack("compile", KERNEL).code == 4


def test_a_kernel_that_does_not_end_on_the_emulator(kerntrack: Kerntrack, project: Path, configure: Write) -> None:
    configure("[limits]\ncheck = 2\n")
    (project / "hip" / SLOW).write_text(HANGS)
    ended = kerntrack("verify", "--json")
    assert ended.code == 4, ended
    (result,) = document("verify", ended.out)["results"]
    assert result["outcome"] == "timed out"
    told = "the check did not end within 2 s: raise `check` under [limits] in kerntrack.toml"
    assert result["message"] == told
    shown = kerntrack("verify")
    assert (shown.code, shown.out.split()[:4]) == (4, ["!", KERNEL, "gfx1100", "timed"])  # not held: it ran again
    assert told in shown.out and "nothing could be checked: 1 timed out" in shown.err
    (kernel,) = document("status", kerntrack("status", "--json").out)["kernels"]
    cell = kernel["archs"]["gfx1100"]
    assert (cell["state"], cell["evidence"]["outcome"]) == ("compiled", "timed out")
    assert "timed out" in kerntrack("show", KERNEL).out
