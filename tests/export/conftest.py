"""A project of two sources with a header of their own, checked on the emulator, and exported as a crate."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tracker.cli.app import app

SHARED = """\
#pragma once
#include <hip/hip_fp16.h>
#include <hip/hip_runtime.h>
#define KERNEL extern "C" __global__ void __launch_bounds__(256)
"""
Q5 = """\
#include "shared/kernel.h"
struct block_q5_1 { __half d, m; unsigned int high; unsigned char low[16]; };

KERNEL dequantize_block_q5_1_f32(const void * vx, float * y, const int k) {
    const int first = 2 * (blockIdx.x * blockDim.x + threadIdx.x);
    for (int i = first; i < first + 2 && i < k; ++i) {
        const block_q5_1 & block = static_cast<const block_q5_1 *>(vx)[i / 32];
        const int place = i % 32, low = block.low[place % 16] >> (place < 16 ? 0 : 4);
        const int code = (low & 15) | ((block.high >> place) & 1) << 4;
        y[i] = fmaf(__half2float(block.d), float(code), __half2float(block.m));
    }
}
"""
Q4 = """\
#include "shared/kernel.h"
struct block_q4_0 { __half d; unsigned char low[16]; };

KERNEL dequantize_block_q4_0_f32(const void * vx, float * y, const int k) {
    const int first = 8 * (blockIdx.x * blockDim.x + threadIdx.x);
    for (int i = first; i < first + 8 && i < 32 * k; ++i) {
        const block_q4_0 & block = static_cast<const block_q4_0 *>(vx)[i / 32];
        const int place = i % 32, code = (block.low[place % 16] >> (place < 16 ? 0 : 4)) & 15;
        y[i] = __half2float(block.d) * float(code - 8);
    }
}
"""
SYMBOLS = ("dequantize_block_q4_0_f32", "dequantize_block_q5_1_f32")
ARCHS = ("gfx90a", "gfx1100")

Cargo = Callable[..., subprocess.CompletedProcess[str]]


def write(folder: Path) -> Path:
    (folder / "src" / "shared").mkdir(parents=True)
    (folder / "src" / "shared" / "kernel.h").write_text(SHARED)
    (folder / "src" / "q5.hip").write_text(Q5)
    (folder / "src" / "q4.hip").write_text(Q4)
    (folder / "all.cu").write_text(
        "".join(f'extern "C" __global__ void {symbol}(const void * vx, float * y, int k) {{}}\n' for symbol in SYMBOLS)
    )
    (folder / "kerntrack.toml").write_text(
        f'cuda = ["all.cu"]\nhip = ["src"]\narchs = ["{ARCHS[0]}", "{ARCHS[1]}"]\ncache = "builds"\n'
    )
    return folder


def kerntrack(folder: Path, *arguments: str | Path) -> Result:
    """Run the command line in a folder."""
    return CliRunner().invoke(app, ["-C", str(folder), *map(str, arguments)])


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose kernels are all emulated. Not to be changed."""
    folder = write(tmp_path_factory.mktemp("export") / "project")
    for command in ("scan", "verify"):
        ended = kerntrack(folder, command)
        assert ended.exit_code == 0, ended.output
    return folder


@pytest.fixture
def project(checked: Path, tmp_path: Path) -> Path:
    """A copy of that project to change."""
    return Path(shutil.copytree(checked, tmp_path / "project"))


@pytest.fixture(scope="session")
def crate(checked: Path) -> Path:
    """The checked project as a crate. Not to be changed."""
    folder = checked.parent / "crate"
    ended = kerntrack(checked, "export", "rust", folder)
    assert ended.exit_code == 0, ended.output
    return folder


@pytest.fixture(scope="session")
def cargo(tmp_path_factory: pytest.TempPathFactory) -> Cargo:
    """Run Cargo in a crate, offline."""
    program = shutil.which("cargo")
    if not program:
        pytest.skip("needs cargo (Rust)")
    target = tmp_path_factory.mktemp("cargo")

    def run(crate: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_NET_OFFLINE": "true", **environment}
        command = [program, *arguments]
        return subprocess.run(command, cwd=crate, env=known, capture_output=True, text=True, check=False)

    return run
