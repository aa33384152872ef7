"""Reading a code object (HSACO): which kernels it holds, what they need, and the hash that evidence belongs to."""

from pathlib import Path
from typing import Any

from tracker.build import ptx
from tracker.build.archs import Arch, get_arch
from tracker.build.codehash import code_hash
from tracker.build.elf import Elf
from tracker.build.records import CodeObject, KernelObject
from tracker.errors import UsageError


def read(path: Path) -> CodeObject:
    """Read a code object (HSACO, or PTX for NVIDIA) and the relocatable object that the compiler keeps beside it.

    Metadata: LLVM AMDGPUUsage, "Code Object V5 Metadata". Raises UsageError when the file cannot be read or is
    something else, or is for an architecture that archs.toml does not list.
    """
    if path.suffix == ".ptx":
        return ptx.read(path, text_of(path))
    linked = Elf(path)
    beside = path.with_suffix(".o")
    source = Elf(beside) if beside.is_file() else linked
    target = str(linked.metadata["amdhsa.target"])
    arch = get_arch(target.partition("--")[2])
    try:
        kernels = [_kernel(facts, arch, source) for facts in linked.metadata["amdhsa.kernels"]]
    except KeyError as error:
        raise UsageError(f"{path}: the code object lacks {error}", "compile the kernel again") from error
    return CodeObject(path, target, {kernel.symbol: kernel for kernel in kernels})


def text_of(path: Path) -> str:
    """The file's text. Raises UsageError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "compile the kernel again") from error


def _kernel(facts: dict[str, Any], arch: Arch, source: Elf) -> KernelObject:
    vgprs, sgprs, lds = facts[".vgpr_count"], facts[".sgpr_count"], facts[".group_segment_fixed_size"]
    threads = facts[".max_flat_workgroup_size"]
    return KernelObject(
        symbol=facts[".name"],
        code_hash=code_hash(source, facts),
        arguments=tuple((entry[".value_kind"], entry[".offset"], entry[".size"]) for entry in facts.get(".args", ())),
        wave_size=facts[".wavefront_size"],
        vgprs=vgprs,
        agprs=facts.get(".agpr_count", 0),
        sgprs=sgprs,
        lds=lds,
        scratch=facts[".private_segment_fixed_size"],
        vgpr_spills=facts.get(".vgpr_spill_count", 0),
        sgpr_spills=facts.get(".sgpr_spill_count", 0),
        max_threads=threads,
        occupancy=arch.occupancy(vgprs=vgprs, sgprs=sgprs, lds=lds, threads=threads),
    )
