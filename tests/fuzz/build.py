"""Compiles generated kernels to assembly with the clang inside ziglang."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.source import PRELUDE, kernel
from tests.fuzz.tree import Program

FLAGS = ["-x", "hip", "--cuda-device-only", "-nogpulib", "-nogpuinc", "-w", "-ffp-contract=off", "-S"]
FLAGS += ["-mllvm", "-amdgpu-load-store-vectorizer=0"]
"""No contraction: what is fused and what is not is then written in the source. No load-store vectorizer: up to LLVM
22 it takes loads at the same index of differently wide elements for the same address (llvm/llvm-project#186327), which
this fuzzer finds within 300 seeds."""


class CompileError(Exception):
    """The compiler refused a generated program, or died of it."""


def _clang(programs: Sequence[Program], arch: str, level: int, extra: Sequence[str]) -> tuple[str, str]:
    """Assembly and messages for programs that become kernels `k0`, `k1`, …"""
    kernels = [kernel(program, f"k{i}") for i, program in enumerate(programs)]
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "fuzz.hip"), Path(folder, "fuzz.s")
        source.write_text("\n\n".join([PRELUDE, *kernels]))
        clang = [sys.executable, "-m", "ziglang", "clang", *FLAGS, *extra]
        command = [*clang, f"--offload-arch={arch}", f"-O{level}", "-o", str(output), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise CompileError(done.stderr[-4000:])
        return output.read_text(), done.stderr


def compile_programs(programs: Sequence[Program], arch: str, level: int, options: Sequence[str] = ()) -> str:
    """Assembly of all programs as kernels `k0`, `k1`, … of one file, at optimisation `level`. Raises CompileError."""
    return _clang(programs, arch, level, options)[0]


def compiler_messages(program: Program, arch: str, level: int, options: Sequence[str]) -> str:
    """What clang prints for one program with further options."""
    return _clang([program], arch, level, options)[1]
