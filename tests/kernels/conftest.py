"""Shared by the tests of the shipped kernels: builds, kept for the whole run and shared by its processes."""

from pathlib import Path

import pytest
from kernel_units import Build

from kernels import HIP_SOURCES
from tracker.build.compiler import compile_unit
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain, discover
from tracker.cancel import Cancel


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    return discover("ziglang")[0]


@pytest.fixture(scope="session")
def build(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Compile a shipped unit by its name, or any source, for an arch."""
    cache = tmp_path_factory.getbasetemp().parent / "kernel-builds"

    def build_(source: str | Path, arch: str, *defines: str) -> BuildRecord:
        path = HIP_SOURCES / f"{source}.hip" if isinstance(source, str) else source
        return compile_unit(Unit(path, (HIP_SOURCES,), defines), arch, toolchain, cache, Cancel())

    return build_
