"""How libclang is asked to parse: as the device side of CUDA or HIP, without any toolkit's own headers."""

import hashlib
from pathlib import Path

from kernels import INCLUDE
from tracker.scan.facts import Side
from tracker.scan.hazards.rules import rules_hash

SCANNER = 5
"""Raised when a scan of the same input gives other facts than before."""

_SIDES: dict[Side, tuple[str, ...]] = {
    # nvcc includes its runtime header by itself; HIP sources name theirs.
    "cuda": ("-x", "cuda", "-include", "cuda_runtime.h"),
    "hip": ("-x", "hip", "-D__HIP_PLATFORM_AMD__=1"),
}
TARGETS: dict[Side, tuple[str, ...]] = {
    # The first is parsed always: the newest that libclang 18 knows well, so that guards such as
    # `__CUDA_ARCH__ >= 800` hide no kernel. The others only where conditional text hides one: one of each generation.
    "cuda": ("sm_90", "sm_52"),
    "hip": ("gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"),
}
_COMMON = (
    "--cuda-device-only",
    "-nogpuinc",
    "-nogpulib",
    "-std=c++17",
    "-ferror-limit=0",
    "-Wno-unknown-cuda-version",
)


_RUNTIME_HEADER: dict[Side, str] = {"cuda": "cuda_runtime.h", "hip": "hip/hip_runtime.h"}
_COMPILER_HEADERS = tuple(f"../{folder}/lib/clang/*/include" for folder in ("llvm", "lib/llvm", "lib/llvm-*"))
"""Where ROCm and distributions keep the compiler's own headers, `stddef.h` and the like, beside the include folder."""


def parse_arguments(
    side: Side, include: tuple[Path, ...], defines: tuple[str, ...], root: Path, target: str = ""
) -> list[str]:
    """The command line. Folders outside `root` are a toolkit's: what they declare is no part of the project."""
    architecture = f"--offload-arch={target or TARGETS[side][0]}"
    arguments = [*_SIDES[side], architecture, *_COMMON, *(f"-D{define}" for define in defines)]
    for folder in include:
        inside = folder.resolve().is_relative_to(root.resolve()) and not folder.resolve().is_relative_to(INCLUDE)
        arguments += ["-I" if inside else "-isystem", str(folder)]
    return [*arguments, *_system_headers(side, include)]


def _system_headers(side: Side, include: tuple[Path, ...]) -> list[str]:
    """Ours alone, unless a folder holds the real toolkit: then the machine's, which that builds upon, come before."""
    toolkit = next((folder for folder in include if (folder / _RUNTIME_HEADER[side]).is_file()), None)
    if toolkit is None:
        return ["-nostdinc", "-nostdinc++", "-isystem", str(INCLUDE)]
    compiler = [str(found) for pattern in _COMPILER_HEADERS for found in sorted(toolkit.glob(pattern))]
    return [argument for folder in (*compiler, str(INCLUDE)) for argument in ("-idirafter", folder)]


def arguments_hash(side: Side, include: tuple[Path, ...], defines: tuple[str, ...], root: Path) -> str:
    """sha256 of everything that decides the facts apart from the files' content."""
    arguments = parse_arguments(side, include, defines, root)
    return hashlib.sha256("\0".join([str(SCANNER), rules_hash(), *arguments]).encode()).hexdigest()
