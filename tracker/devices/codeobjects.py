"""What a device must know of a code object before it loads it: the target it is for and the kernels in it."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tracker.errors import UsageError


def kernel_names(image: bytes) -> frozenset[str]:
    """Kernels in a HSACO (LLVM AMDGPUUsage, "Code Object V5 Metadata")."""
    return frozenset(kernel[".name"] for kernel in _metadata(image)["amdhsa.kernels"])


def cubin_kernels(image: bytes) -> dict[str, str]:
    """Kernels in a cubin, with the sha256 of their machine code.

    Every kernel has its own bank of parameters, `.nv.constant0.NAME`, and code in `.text.NAME` (as cuobjdump lists).
    """
    elf: Any = ELFFile(BytesIO(image))
    bank = ".nv.constant0."
    names = [part.name.removeprefix(bank) for part in elf.iter_sections() if part.name.startswith(bank)]
    code = {name: elf.get_section_by_name(f".text.{name}") for name in names}
    return {name: hashlib.sha256(part.data()).hexdigest() for name, part in code.items() if part is not None}


def for_target(image: bytes, target: str, path: Path) -> None:
    """Raise UsageError unless the HSACO runs on `target` (`gfx90a:sramecc+:xnack-`).

    A feature that the code object does not mention fits either way (LLVM AMDGPUUsage, "Target ID").
    """
    try:
        built_for = str(_metadata(image)["amdhsa.target"]).partition("--")[2]
    except (ELFError, KeyError, ValueError) as error:
        raise UsageError(f"{path} is not a code object for AMD GPUs", "compile the kernel again") from error
    arch, *features = built_for.split(":")
    own, *own_features = target.split(":")
    if arch != own or not set(features) <= set(own_features):
        raise UsageError(f"{path} is for {built_for}, the device is {target}", f"compile it for {own}")


def _metadata(image: bytes) -> dict[str, Any]:
    elf: Any = ELFFile(BytesIO(image))
    for section in elf.iter_sections("SHT_NOTE"):
        for note in section.iter_notes():
            if note["n_name"] == "AMDGPU":
                unpacked: dict[str, Any] = msgpack.unpackb(note["n_descdata"])
                return unpacked
    raise ValueError("no AMDGPU metadata")
