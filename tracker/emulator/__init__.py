"""Executes AMDGPU assembly text, as `clang -S` writes it, in numpy.

program = load(Path("kernel.s").read_text())
arguments = [Memory("a", a, "in"), Memory("c", c, "out"), struct.pack("<i", n)]
report = run(program, "vadd", (4, 1, 1), (64, 1, 1), arguments)
"""

from tracker.emulator.faults import EmulationFault
from tracker.emulator.memory import Memory
from tracker.emulator.run import DEFAULT_STEP_LIMIT, Program, Report, load, run

__all__ = ["DEFAULT_STEP_LIMIT", "EmulationFault", "Memory", "Program", "Report", "load", "run"]
