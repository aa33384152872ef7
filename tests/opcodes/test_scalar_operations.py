"""Each scalar operation computes what exact arithmetic says and writes SCC and EXEC only where it should."""

from functools import cache

import numpy as np
import pytest

from tests.opcodes.assemble import complaints
from tests.opcodes.cases import ALL_ARCHS
from tests.opcodes.kernels import WAVE, assembly
from tests.opcodes.scalar import OUTPUT_STRIDE, WAVES, input_bytes, kernel, mismatches
from tests.opcodes.tables import scalar_table
from tracker.emulator import Memory, Program, load, run


@cache
def text(arch: str) -> str:
    """One file with a kernel per case."""
    return assembly((kernel(case, arch, name) for name, case in scalar_table(arch).items()), arch)


@cache
def program(arch: str) -> Program:
    return load(text(arch))


@pytest.mark.parametrize("arch", ALL_ARCHS)
def test_spellings_are_those_of_the_assembler(arch: str) -> None:
    assert complaints(text(arch), arch) == []


@pytest.mark.parametrize(("arch", "name"), [(arch, name) for arch in ALL_ARCHS for name in scalar_table(arch)])
def test_results_are_exact(arch: str, name: str) -> None:
    output = np.zeros(WAVES * OUTPUT_STRIDE, np.uint8)
    arguments = [Memory("inputs", input_bytes(), "in"), Memory("results", output, "out")]
    report = run(program(arch), name, (WAVES, 1, 1), (WAVE[arch], 1, 1), arguments)
    assert mismatches(scalar_table(arch)[name], arch, report.buffers["results"])[:3] == []
