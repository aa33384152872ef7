"""Shared by the tests of the build room: small kernels, compiled with the toolchain of the environment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.build.codeobject import read
from tracker.build.compiler import compile_unit
from tracker.build.records import BuildRecord, CodeObject, Unit
from tracker.build.toolchain import Toolchain, discover
from tracker.cancel import Cancel

Compile = Callable[..., BuildRecord]


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    return discover("ziglang")[0]


@pytest.fixture
def compile_text(tmp_path: Path, toolchain: Toolchain) -> Compile:
    """Compile a source text for an arch, in a cache that lasts as long as the test."""

    def compile_(text: str, arch: str = "gfx90a", *, name: str = "unit.hip", folder: str = "src") -> BuildRecord:
        source = tmp_path / folder / name
        source.parent.mkdir(exist_ok=True)
        source.write_text(text)
        return compile_unit(Unit(source), arch, toolchain, tmp_path / "cache", Cancel())

    return compile_


@pytest.fixture
def hashes(compile_text: Compile) -> Callable[..., dict[str, str]]:
    """Code hashes by kernel of a source text."""

    def hashes_(text: str, arch: str = "gfx90a") -> dict[str, str]:
        return {symbol: kernel.code_hash for symbol, kernel in built(compile_text(text, arch)).kernels.items()}

    return hashes_


def built(record: BuildRecord) -> CodeObject:
    """The code object of a build that must have succeeded."""
    assert record.code_object, record.output
    return read(record.code_object)
