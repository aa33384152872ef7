"""The command lines that turn one source file into a code object, as pure functions of unit, target and toolchain."""

from pathlib import Path

import kernels
from tracker.build.archs import get_arch
from tracker.build.records import Unit
from tracker.build.toolchain import Toolchain

Command = tuple[str, ...]

COMMON = (
    "--cuda-device-only",
    "-std=c++17",
    "-O3",
    "-gline-tables-only",  # the emulator names source lines; no instruction depends on it
    "-fdebug-compilation-dir=.",
    "-fno-color-diagnostics",
    "-Wno-unused-command-line-argument",
)
CODE_OBJECT_VERSION = "-mcode-object-version=5"  # the newest that every ROCm 6 runtime loads


def flags(unit: Unit, target: str, toolchain: Toolchain) -> Command:
    """Everything that decides what comes out apart from the preprocessed text and the toolchain; free of paths."""
    defines = tuple(f"-D{define}" for define in unit.defines)
    if toolchain.kind == "nvcc":
        return ("-x", "cu", f"-arch={target}", "-std=c++17", "-O3", *defines)
    if get_arch(target).vendor == "nvidia":
        language: Command = (
            "-x",
            "cuda",
            f"--cuda-gpu-arch={target}",
            "-nocudainc",
            "-nocudalib",
            "-Wno-unknown-cuda-version",
        )
    else:
        language = ("-x", "hip", f"--offload-arch={target}", "-fuse-cuid=none", CODE_OBJECT_VERSION)
        if _own_headers(unit, target, toolchain):
            language += ("-nogpuinc", "-nogpulib")
    return (*language, *COMMON, *defines)


def preprocess(unit: Unit, target: str, toolchain: Toolchain, product: str) -> Command:
    """Expand macros and includes of the unit into the file `product`."""
    return (*_front(unit, target, toolchain), "-E", str(unit.source.absolute()), "-o", product)


def build(unit: Unit, target: str, toolchain: Toolchain) -> tuple[Command, ...]:
    """Source to assembly to object to code object (`kernel.s`, `.o`, `.hsaco`), or to `kernel.ptx` alone for NVIDIA."""
    to_assembly = "-ptx" if toolchain.kind == "nvcc" else "-S"
    compile_to = (*_front(unit, target, toolchain), to_assembly, str(unit.source.absolute()), "-o")
    if get_arch(target).vendor == "nvidia":
        return ((*compile_to, "kernel.ptx"),)
    return (
        (*compile_to, "kernel.s"),
        (*toolchain.clang, "-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", "-c", "kernel.s", "-o", "kernel.o"),
        (*toolchain.lld, "-shared", "--strip-debug", "kernel.o", "-o", "kernel.hsaco"),
    )


def products(target: str) -> tuple[str, str]:
    """Names of the assembly and of the code object that `build` leaves."""
    return ("kernel.ptx", "kernel.ptx") if get_arch(target).vendor == "nvidia" else ("kernel.s", "kernel.hsaco")


def folders(unit: Unit) -> tuple[Path, ...]:
    """Folders whose names must not matter to what comes out: those of the source and of its headers."""
    return tuple(folder.absolute() for folder in (unit.source.absolute().parent, *unit.includes, kernels.INCLUDE))


def _front(unit: Unit, target: str, toolchain: Toolchain) -> Command:
    search: Command = tuple(f"-I{folder.absolute()}" for folder in unit.includes)
    if toolchain.kind == "nvcc":
        own = (f"-I{kernels.INCLUDE / 'nvcc'}",) if unit.language == "hip" else ()
        return (*toolchain.clang, *flags(unit, target, toolchain), *search, *own)
    if _own_headers(unit, target, toolchain):
        search += ("-nostdinc", "-isystem", str(kernels.INCLUDE))
    mapped = tuple(f"-ffile-prefix-map={folder}/=" for folder in folders(unit))
    return (*toolchain.clang, *flags(unit, target, toolchain), *search, *mapped)


def _own_headers(unit: Unit, target: str, toolchain: Toolchain) -> bool:
    """ROCm's clang compiles HIP with ROCm's headers; everything else is compiled with the headers of `kernels`."""
    return toolchain.kind != "rocm" or unit.language == "cuda" or get_arch(target).vendor == "nvidia"
