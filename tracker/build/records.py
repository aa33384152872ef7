"""What a build leaves behind, as plain data."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Unit:
    """One source file to compile, with everything that decides what comes out."""

    source: Path
    includes: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    language: str = "hip"
    """`hip`, or `cuda` for CUDA source compiled for AMD as it stands through kernels/include."""


@dataclass(frozen=True)
class BuildRecord:
    """One attempt to compile one unit for one arch. A missing program is a failed build, not an exception."""

    unit: Unit
    arch: str
    toolchain: str
    """Toolchain id with its version, e.g. `ziglang-0.17.1 clang-22.1.8`."""
    commands: tuple[str, ...]
    """The exact command lines, shell-escaped, in order."""
    returncode: int
    output: str
    seconds: float
    cached: bool
    key: str
    """sha256 of (preprocessed source, arch, flags, toolchain): the name in the cache."""
    assembly: Path | None
    code_object: Path | None
    outcome: str = "built"
    """`built`, `failed`, `timed out` or `cancelled`."""

    @property
    def ok(self) -> bool:
        """True when a code object was made."""
        return self.code_object is not None


@dataclass(frozen=True)
class KernelObject:
    """One kernel inside a code object: AMDGPU metadata (LLVM AMDGPUUsage, code object v5/v6) and its hash."""

    symbol: str
    code_hash: str
    """sha256 over machine code, kernel descriptor, launch limits and the functions and constant data it reaches."""
    arguments: tuple[tuple[str, int, int], ...]
    """(value kind, offset, size) of every argument, hidden ones included, bytes."""
    wave_size: int
    vgprs: int
    agprs: int
    sgprs: int
    lds: int
    scratch: int
    vgpr_spills: int
    sgpr_spills: int
    max_threads: int
    occupancy: int
    """Waves per SIMD that registers and LDS allow."""


@dataclass(frozen=True)
class CodeObject:
    """A HSACO file. `target` is its full id, e.g. `amdgcn-amd-amdhsa--gfx90a`."""

    path: Path
    target: str
    kernels: dict[str, KernelObject]
