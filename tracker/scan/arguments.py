"""How libclang is asked to parse: as the device side of CUDA or HIP, without any toolkit's own headers."""

import hashlib
from pathlib import Path

from kernels import INCLUDE
from tracker.scan.facts import Side

SCANNER = 1
"""Raised when a scan of the same input gives other facts than before."""

_SIDES: dict[Side, tuple[str, ...]] = {
    # The newest targets that libclang 18 knows well: guards such as `__CUDA_ARCH__ >= 800` then hide no kernel.
    # nvcc includes its runtime header by itself; HIP sources name theirs.
    "cuda": ("-x", "cuda", "--cuda-gpu-arch=sm_90", "-include", "cuda_runtime.h"),
    "hip": ("-x", "hip", "--offload-arch=gfx90a", "-D__HIP_PLATFORM_AMD__=1"),
}
_COMMON = (
    "--cuda-device-only",
    "-nogpuinc",
    "-nogpulib",
    "-nostdinc",
    "-nostdinc++",
    "-std=c++17",
    "-ferror-limit=0",
    "-Wno-unknown-cuda-version",
)


def parse_arguments(side: Side, include: tuple[Path, ...], defines: tuple[str, ...], root: Path) -> list[str]:
    """The command line. Folders outside `root` are a toolkit's: what they declare is no part of the project."""
    arguments = [*_SIDES[side], *_COMMON, *(f"-D{define}" for define in defines)]
    for folder in include:
        inside = folder.resolve().is_relative_to(root.resolve()) and not folder.resolve().is_relative_to(INCLUDE)
        arguments += ["-I" if inside else "-isystem", str(folder)]
    return [*arguments, "-isystem", str(INCLUDE)]


def arguments_hash(side: Side, include: tuple[Path, ...], defines: tuple[str, ...], root: Path) -> str:
    """sha256 of everything that decides the facts apart from the files' content."""
    arguments = parse_arguments(side, include, defines, root)
    return hashlib.sha256("\0".join([str(SCANNER), *arguments]).encode()).hexdigest()
