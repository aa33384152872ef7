"""The kernels are HIP as ROCm understands it: they compile with its own <hip/hip_runtime.h>."""

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_units import ARCHS, UNITS, expected

from kernels import HIP_SOURCES

CLANGS = ("amdclang++", "clang-17", "clang-16", "clang-15", "clang-14")
"""Debian's HIP 5.2 headers need a clang of its time; ROCm brings its own."""


def roots() -> Iterator[Path]:
    """Where ROCm's headers may lie: ROCM_PATH, /opt/rocm, or /usr (Debian's libamdhip64-dev)."""
    for place in (os.environ.get("ROCM_PATH"), "/opt/rocm", "/usr"):
        if place and (Path(place) / "include/hip/hip_runtime.h").is_file():
            yield Path(place)


@pytest.fixture(scope="module")
def compiler() -> list[str]:
    root = next(roots(), None)
    clang = next((found for name in CLANGS if (found := shutil.which(name))), None)
    if root is None or clang is None:
        pytest.skip("needs ROCm's headers (Debian: libamdhip64-dev) and a clang that matches them (Debian: clang-15)")
    return [clang, "-x", "hip", "--cuda-device-only", "-nogpulib", f"--rocm-path={root}", "-std=c++17", "-O0", "-S"]


@pytest.mark.parametrize(("unit", "arch"), zip(UNITS, itertools.cycle(ARCHS), strict=False))
def test_units_compile_with_rocms_headers(compiler: list[str], unit: str, arch: str) -> None:
    """To LLVM's own form: names, types and built-ins of the arch are checked on the way, and it is quick."""
    source = str(HIP_SOURCES / f"{unit}.hip")
    command = [*compiler, "-emit-llvm", f"--offload-arch={arch}", source, "-o", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    defined = set(re.findall(r"^define .*amdgpu_kernel void @(\w+)\(", done.stdout, re.MULTILINE))
    assert defined == expected()[unit]
