"""Linking the units' objects to one code object per arch: a program loads one module, not one for every source file.

The code of every kernel stays what it was in its unit, byte for byte but for the linker's fields, so that evidence
about the unit's kernels is evidence about the linked ones; `link_objects` checks that it is so.
"""

import json
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tracker.build import process
from tracker.build.codehash import linked_as_built
from tracker.build.elf import Elf
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.errors import KerntrackError, UsageError

SECTION_TABLE, SECTION_SIZES = 40, 58
"""Where e_shoff (8 bytes) and e_shentsize, e_shnum (2 bytes each) stand in an ELF64 header."""
SH_TYPE, SH_FLAGS, SH_OFFSET, SH_LINK = 4, 8, 24, 40
"""Fields of an ELF64 section header."""
SHT_SYMTAB, SHT_NOTE, SHF_EXCLUDE = 2, 7, 0x80000000
SYMBOL_SIZE, STB_GLOBAL, STB_WEAK = 24, 1, 2
CUID = b"__hip_cuid_"
"""Begin of the name by which clang marks a translation unit; without a unit id (-fuse-cuid=none) all have the same."""
TIME_LIMIT = 300.0


def link_objects(objects: Sequence[Path], toolchain: Toolchain, cancel: Cancel) -> bytes:
    """One code object with all kernels of `objects` (relocatable, one arch, at least one).

    Raises UsageError when two of them define the same name, CancelledError, and KerntrackError should the linker have
    made something else of a kernel.
    """
    units = [Elf(path) for path in objects]
    facts = [kernel for unit in units for kernel in unit.metadata["amdhsa.kernels"]]
    merged = {**units[0].metadata, "amdhsa.kernels": facts}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "metadata.s").write_text(_metadata(merged), encoding="utf-8")
        for number, path in enumerate(objects):
            (folder / f"{number}.o").write_bytes(joinable(path.read_bytes()))
        names = [f"{number}.o" for number in range(len(objects))]
        arch = str(merged["amdhsa.target"]).partition("--")[2]
        _run(folder, cancel, *toolchain.clang, *f"-target amdgcn-amd-amdhsa -mcpu={arch} -c metadata.s".split())
        _run(folder, cancel, *toolchain.lld, "-shared", "--strip-all", *names, "metadata.o", "-o", "all.hsaco")
        linked = Elf(folder / "all.hsaco")
        for unit in units:
            for kernel in unit.metadata["amdhsa.kernels"]:
                if not linked_as_built(unit, linked, kernel[".name"]):
                    raise KerntrackError(f"linking changed the code of {kernel['.name']}", "report this as a bug")
        return (folder / "all.hsaco").read_bytes()


def joinable(content: bytes) -> bytes:
    """An object without what only one object of a link may have: metadata (runtimes read the first note alone) and
    the translation unit's mark, which becomes weak."""
    data = bytearray(content)
    (table,) = struct.unpack_from("<Q", data, SECTION_TABLE)
    size, count = struct.unpack_from("<HH", data, SECTION_SIZES)
    for header in range(table, table + size * count, size):
        (kind,) = struct.unpack_from("<I", data, header + SH_TYPE)
        if kind == SHT_NOTE:
            (flags,) = struct.unpack_from("<Q", data, header + SH_FLAGS)
            struct.pack_into("<Q", data, header + SH_FLAGS, flags | SHF_EXCLUDE)
        elif kind == SHT_SYMTAB:
            (strings,) = struct.unpack_from("<I", data, header + SH_LINK)
            (names,) = struct.unpack_from("<Q", data, table + strings * size + SH_OFFSET)
            _weaken_marks(data, struct.unpack_from("<QQ", data, header + SH_OFFSET), names)
    return bytes(data)


def _weaken_marks(data: bytearray, place: tuple[int, ...], names: int) -> None:
    offset, size = place
    for symbol in range(offset, offset + size, SYMBOL_SIZE):
        (name,) = struct.unpack_from("<I", data, symbol)
        binding, kind = data[symbol + 4] >> 4, data[symbol + 4] & 15
        if binding == STB_GLOBAL and data.startswith(CUID, names + name):
            data[symbol + 4] = STB_WEAK << 4 | kind


def _metadata(merged: dict[str, object]) -> str:
    """Assembly that holds nothing but the metadata. (LLVM AMDGPUUsage, ".amdgpu_metadata": YAML, hence also JSON.)"""
    return (
        f'.amdgcn_target "{merged["amdhsa.target"]}"\n.amdhsa_code_object_version 5\n'
        f".amdgpu_metadata\n{json.dumps(merged)}\n.end_amdgpu_metadata\n"
    )


def _run(folder: Path, cancel: Cancel, *command: str) -> None:
    cancel.check()
    ended = process.run(command, folder, cancel, time.monotonic() + TIME_LIMIT)
    cancel.check()
    if ended.outcome != "built":
        raise UsageError(
            f"the units cannot be linked to one code object:\n{ended.output.rstrip()}",
            "give the selector of fewer sources, or rename what is defined twice",
        )
