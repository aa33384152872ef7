"""Small HIP kernels compiled as they stand, for the emulator's tests."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tracker.emulator import Memory, Report, load, run

ARCHS = ("gfx90a", "gfx1030", "gfx1100")
PRELUDE = """
#define DEVICE __attribute__((device))
#define SHARED __attribute__((shared))
#define KERNEL extern "C" __attribute__((global)) void
"""


def assembly(source: str, arch: str, folder: Path, *flags: str) -> str:
    """What clang makes of a source behind `PRELUDE`."""
    given, made = folder / "kernel.hip", folder / "kernel.s"
    given.write_text(PRELUDE + source)
    command = [sys.executable, "-m", "ziglang", "clang", "-x", "hip", "--cuda-device-only", "-nogpulib", "-nogpuinc"]
    command += [f"--offload-arch={arch}", "-O3", "-S", *flags, "-o", str(made), str(given)]
    subprocess.run(command, check=True)
    return made.read_text()


def execute(text: str, arguments: Sequence[Memory | bytes], threads: int) -> Report:
    """Run the file's kernel `k` in one workgroup."""
    return run(load(text), "k", (1, 1, 1), (threads, 1, 1), list(arguments))
