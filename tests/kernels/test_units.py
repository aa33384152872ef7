"""The shipped kernels compile for every arch to what their callers expect: names, launch bounds, no spills."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from kernel_units import ARCHS, UNITS, Build, expected, launched_threads

from kernels import HIP_SOURCES, INCLUDE
from tracker.build import commands
from tracker.build.codeobject import read
from tracker.build.records import BuildRecord, CodeObject, KernelObject, Unit
from tracker.build.toolchain import Toolchain

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")
NVIDIA_STATIC_SHARED = 48 << 10
FURTHER_ARCHS = ("gfx942", "gfx1101", "gfx1151", "gfx1201")
WIDEST = ("q3_K", "q5_1")
"""The units whose mul_mat kernels hold most registers."""


def code_object(record: BuildRecord) -> CodeObject:
    assert record.code_object, record.output
    assert not record.output, f"the compiler should have nothing to say: {record.output}"
    return read(record.code_object)


def in_registers(kernel: KernelObject) -> bool:
    return not (kernel.scratch or kernel.vgpr_spills or kernel.sgpr_spills)


def copies_to_accumulation_registers(record: BuildRecord) -> list[str]:
    """Spills by another name: nothing here uses the matrix instructions that these registers are for."""
    assert record.assembly
    return re.findall(r"^\s+v_accvgpr_\w+", record.assembly.read_text(), re.MULTILINE)


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_holds_its_types_kernels_and_they_fit_the_arch(build: Build, unit: str, arch: str) -> None:
    record = build(unit, arch)
    kernels = code_object(record).kernels
    assert set(kernels) == expected()[unit]
    assert [symbol for symbol, kernel in kernels.items() if not in_registers(kernel)] == []
    assert copies_to_accumulation_registers(record) == []
    assert max(kernel.lds for kernel in kernels.values()) <= NVIDIA_STATIC_SHARED
    assert {symbol: kernel.max_threads for symbol, kernel in kernels.items()} == {
        symbol: launched_threads(symbol) for symbol in kernels
    }


@pytest.mark.parametrize("arch", FURTHER_ARCHS)
@pytest.mark.parametrize("unit", WIDEST)
def test_the_widest_units_fit_further_archs(build: Build, unit: str, arch: str) -> None:
    record = build(unit, arch)
    kernels = code_object(record).kernels
    assert set(kernels) == expected()[unit]
    assert [symbol for symbol, kernel in kernels.items() if not in_registers(kernel)] == []
    assert copies_to_accumulation_registers(record) == []


def test_all_units_together_hold_every_kernel_once() -> None:
    symbols = [symbol for unit in expected().values() for symbol in unit]
    assert len(symbols) == len(set(symbols)) == 142


@pytest.mark.parametrize("unit", UNITS)
def test_sources_have_no_warnings(toolchain: Toolchain, unit: str) -> None:
    source = HIP_SOURCES / f"{unit}.hip"
    front = commands.preprocess(Unit(source), "gfx1100", toolchain, "-")
    command = ["-fsyntax-only" if part == "-E" else part for part in front[:-2]]
    done = subprocess.run([*command, *WARNINGS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_units_compile_to_ptx(build: Build, unit: str) -> None:
    record = build(unit, "sm_90")
    assert record.assembly, record.output
    entries = re.findall(r"\.entry (\w+)\(", record.assembly.read_text())
    assert set(entries) == expected()[unit]


@pytest.mark.parametrize("unit", ["q5_1", "q6_K", "quantize_q8_1", "get_rows_float"])
def test_units_compile_with_nvcc(unit: str, tmp_path: Path) -> None:
    nvcc = shutil.which("nvcc")
    if not nvcc:
        pytest.skip("needs nvcc (CUDA toolkit)")
    out = tmp_path / "out.ptx"
    command = [nvcc, "-arch=sm_90", "-std=c++17", "-x", "cu", "-ptx", "-I", str(INCLUDE / "nvcc")]
    subprocess.run([*command, str(HIP_SOURCES / f"{unit}.hip"), "-o", str(out)], check=True)
    assert set(re.findall(r"\.entry (\w+)\(", out.read_text())) == expected()[unit]


def test_one_option_names_kernels_hip_instead_of_cuda(build: Build) -> None:
    kernels = code_object(build("q5_1", "gfx1100", "KERNTRACK_HIP_NAMES")).kernels
    assert set(kernels) == {symbol.replace("cuda", "hip") for symbol in expected()["q5_1"]}
    assert "mul_mat_vec_q5_1_q8_1_hip8" in kernels and "dequantize_mul_mat_vec_q5_1_hip" in kernels
