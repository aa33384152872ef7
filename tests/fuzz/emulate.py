"""Runs generated kernels on the emulator and compares every written buffer with the evaluation of the tree."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.fuzz.evaluate import expected
from tests.fuzz.inputs import Inputs, make_inputs
from tests.fuzz.kinds import Array
from tests.fuzz.tree import PRIVATE_BYTES, Program
from tracker.emulator import EmulationFault, Memory, run
from tracker.emulator import Program as Code

WAVE = {"gfx90a": 64, "gfx942": 64}
"""Lanes of a wave where they are not 32."""

Verdict = Literal["agrees", "differs", "fault"]


@dataclass(frozen=True)
class Outcome:
    """What came of one program; `detail` says where it differs or why the emulator stopped."""

    verdict: Verdict
    detail: str = ""


def _arguments(inputs: Inputs) -> list[bytes | Memory]:
    buffers = (Memory(name, _bytes(data), "in") for name, data in inputs.buffers.items())
    return [*buffers, *(data.tobytes() for data in inputs.scalars.values())]


def _bytes(data: Array) -> NDArray[np.uint8]:
    return np.ascontiguousarray(data).view(np.uint8)


def judge(code: Code, symbol: str, program: Program, arch: str) -> Outcome:
    """Emulate one kernel and evaluate its tree."""
    inputs = make_inputs(program)
    shape = program.shape
    try:
        report = run(code, symbol, (shape.grid, 1, 1), (*shape.block, 1), _arguments(inputs), seed=program.seed)
    except EmulationFault as fault:
        return Outcome("fault", str(fault))
    except Exception as error:  # the emulator's own failure is a finding like any other
        return Outcome("fault", f"crash: {type(error).__name__}: {error}")
    wanted = {**inputs.buffers, **expected(program, inputs, WAVE.get(arch, 32))}
    for name, data in wanted.items():
        got, right = report.buffers[name], _bytes(data)
        if not np.array_equal(got, right):
            return Outcome("differs", _difference(program, name, got, right))
    return Outcome("agrees")


def _difference(program: Program, name: str, got: NDArray[np.uint8], right: NDArray[np.uint8]) -> str:
    offset = int(np.flatnonzero(got != right)[0])
    count = len(np.unique(np.flatnonzero(got != right) // 4))
    shown = f"{got[offset : offset + 8].tobytes().hex()} must be {right[offset : offset + 8].tobytes().hex()}"
    where = f"{name}[{offset}]"
    if name == "out":
        thread, inside = divmod(offset, program.bytes_per_thread)
        result = "stored bytes"
        if inside >= PRIVATE_BYTES:
            result = program.results[(inside - PRIVATE_BYTES) // 16].name
        where = f"thread {thread}, {result}"
    return f"{where}: {shown} ({count} words differ)"
