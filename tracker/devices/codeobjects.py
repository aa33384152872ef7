"""What a device must know of a code object before it loads it: the target it is for and the kernels in it."""

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
