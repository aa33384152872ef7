"""Each vector operation of the tables computes what exact arithmetic says, for active lanes only."""

from functools import cache

import numpy as np
import pytest

from tests.opcodes.assemble import complaints
from tests.opcodes.cases import ALL_ARCHS
from tests.opcodes.kernels import THREADS, assembly
from tests.opcodes.tables import vector_cases
from tests.opcodes.vector import STRIDE, input_bytes, kernel, mismatches
from tracker.emulator import Memory, Program, load, run


@cache
def text(arch: str) -> str:
    """One file with a kernel per case."""
    return assembly((kernel(case, arch, half, name) for name, (case, half) in vector_cases(arch).items()), arch)


@cache
def program(arch: str) -> Program:
    return load(text(arch))


@pytest.mark.parametrize("arch", ALL_ARCHS)
def test_spellings_are_those_of_the_assembler(arch: str) -> None:
    assert complaints(text(arch), arch) == []


@pytest.mark.parametrize(("arch", "name"), [(arch, name) for arch in ALL_ARCHS for name in vector_cases(arch)])
def test_results_are_exact(arch: str, name: str) -> None:
    case, half = vector_cases(arch)[name]
    output = np.zeros(THREADS * STRIDE, np.uint8)
    arguments = [Memory("inputs", input_bytes(case), "in"), Memory("results", output, "out")]
    report = run(program(arch), name, (1, 1, 1), (THREADS, 1, 1), arguments)
    assert mismatches(case, arch, half, report.buffers["results"])[:3] == []
