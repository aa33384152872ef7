"""Finding compilers: ROCm's before ziglang's, quickly, and with a remedy when there is none."""

import shlex
import time
from pathlib import Path

import pytest

from tracker.build import toolchain as toolchains
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.build.toolchain import Toolchain, discover
from tracker.cancel import Cancel
from tracker.errors import AbsentError, ExitCode


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user cache"))
    for name in ("HIP_CLANG_PATH", "HIP_PATH", "ROCM_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def rocm(tmp_path: Path, toolchain: Toolchain) -> Path:
    """A folder laid out as ROCm's is, with the clang at hand in it."""
    programs = tmp_path / "rocm" / "lib" / "llvm" / "bin"
    programs.mkdir(parents=True)
    for name, command in (("clang++", toolchain.clang), ("ld.lld", toolchain.lld)):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (programs / name).chmod(0o755)
    return tmp_path / "rocm"


@pytest.mark.parametrize("variable", ["HIP_PATH", "ROCM_PATH"])
def test_rocm_comes_first(rocm: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, str(rocm))
    found = discover()
    assert [toolchain.kind for toolchain in found] == ["rocm", "ziglang"]
    assert found[0].version.startswith("rocm clang-")
    assert [toolchain.kind for toolchain in discover("ziglang")] == ["ziglang"]


def test_hipccs_own_variable_names_the_clang(rocm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = rocm / "lib" / "llvm" / "bin"
    monkeypatch.setenv("HIP_CLANG_PATH", str(programs))
    assert discover()[0].clang == (str(programs / "clang++"),)


def test_hipcc_on_the_path_leads_to_its_clang(rocm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rocm / "bin").mkdir()
    (rocm / "bin" / "hipcc").write_text("#!/bin/sh\n")
    (rocm / "bin" / "hipcc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{rocm / 'bin'}:/usr/bin:/bin")
    assert discover("rocm")[0].clang == (str(rocm / "lib" / "llvm" / "bin" / "clang++"),)


def test_a_clang_can_be_named(rocm: Path, tmp_path: Path) -> None:
    clang = rocm / "lib" / "llvm" / "bin" / "clang++"
    (found,) = discover(str(clang))
    source = tmp_path / "unit.hip"
    source.write_text('extern "C" __attribute__((global)) void k(int* p) { *p = 1; }\n')
    cuda = Unit(source, language="cuda")  # our own headers, so that ROCm's device library is not looked for
    record = compile_unit(cuda, "gfx1100", found, tmp_path / "cache", Cancel())
    assert record.ok, record.output
    assert record.commands[0].startswith(str(clang)) and record.toolchain == found.version


def test_rocm_compiles_hip_with_its_own_headers(rocm: Path, tmp_path: Path) -> None:
    (found,) = discover(str(rocm / "lib" / "llvm" / "bin" / "clang++"))
    record = compile_unit(Unit(tmp_path / "unit.hip"), "gfx1100", found, tmp_path / "cache", Cancel())
    assert "-nostdinc" not in record.commands[0] and "-nogpuinc" not in record.commands[0]


def test_asking_again_starts_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    first = discover()

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(toolchains.subprocess, "run", refuse)
    started = time.monotonic()
    assert discover() == first
    assert time.monotonic() - started < 0.05


def test_an_updated_compiler_is_asked_anew(rocm: Path) -> None:
    clang = rocm / "lib" / "llvm" / "bin" / "clang++"
    before = discover(str(clang))[0].version
    clang.write_text("#!/bin/sh\necho clang version 99.1.0\n")
    assert discover(str(clang))[0].version == "rocm clang-99.1.0" != before


@pytest.mark.parametrize("prefer", ["rocm", "/nowhere/clang++"])
def test_an_absent_toolchain_comes_with_a_remedy(monkeypatch: pytest.MonkeyPatch, prefer: str) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(AbsentError) as raised:
        discover(prefer)
    assert prefer in raised.value.message
    assert "pip install ziglang" in raised.value.remedy
    assert raised.value.exit_code is ExitCode.ABSENT
