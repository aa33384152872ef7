"""The parts of an AMDGPU ELF file that code hashing and metadata reading need."""

import struct
from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tracker.errors import UsageError

EM_AMDGPU = 224
NT_AMDGPU_METADATA = 32
STT_OBJECT, STT_FUNC, STT_SECTION = 1, 2, 3
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QIIq")


@dataclass(frozen=True)
class Symbol:
    """A symbol table entry. `section` is a section index (0: undefined); `value` counts from the section's start."""

    name: str
    kind: int
    section: int
    value: int
    size: int


@dataclass(frozen=True)
class Relocation:
    """A field that the linker fills in: `offset` within its section, `type` an R_AMDGPU number."""

    offset: int
    type: int
    symbol: Symbol
    addend: int


class Elf:
    """An AMDGPU object or code object in memory. Raises UsageError when the file is something else."""

    def __init__(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", "compile the kernel again") from error
        if content.startswith(b"__CLANG_OFFLOAD_BUNDLE__"):
            raise UsageError(f"{path} is a bundle of code objects", "take one out of it with clang-offload-bundler")
        try:
            self._read(ELFFile(BytesIO(content)))
        except (ELFError, struct.error, ValueError, KeyError, IndexError) as error:
            raise UsageError(
                f"{path} is not a code object for AMD GPUs ({error})", "compile the kernel again"
            ) from error

    def _read(self, elf: Any) -> None:
        if elf["e_machine"] not in ("EM_AMDGPU", EM_AMDGPU):
            raise ValueError(f"it is for machine {elf['e_machine']}")
        sections = list(elf.iter_sections())
        self.relocatable: bool = elf["e_type"] == "ET_REL"
        self.names: list[str] = [section.name for section in sections]
        self.data: list[bytes] = [b"" if section["sh_type"] == "SHT_NOBITS" else section.data() for section in sections]
        bases = [0 if self.relocatable else section["sh_addr"] for section in sections]
        kinds = [section["sh_type"] for section in sections]
        table = next((kinds.index(kind) for kind in ("SHT_SYMTAB", "SHT_DYNSYM") if kind in kinds), None)
        strings = self.data[sections[table]["sh_link"]] if table is not None else b""
        packed = self.data[table] if table is not None else b""
        self.symbols = [_symbol(strings, bases, *fields) for fields in _SYMBOL.iter_unpack(packed)]
        self.relocations: dict[int, list[Relocation]] = defaultdict(list)
        for index, section in enumerate(sections):
            if section["sh_type"] == "SHT_RELA" and self.relocatable:
                self.relocations[section["sh_info"]] = [
                    Relocation(offset, kind, self.symbols[symbol], addend)
                    for offset, kind, symbol, addend in _RELOCATION.iter_unpack(self.data[index])
                ]
        self.metadata = _metadata(sections)

    def find(self, name: str) -> Symbol | None:
        """The symbol of that name."""
        return next((symbol for symbol in self.symbols if symbol.name == name), None)


def _symbol(
    strings: bytes, bases: list[int], name: int, info: int, other: int, section: int, value: int, size: int
) -> Symbol:
    base = bases[section] if section < len(bases) else 0
    return Symbol(strings[name : strings.index(b"\0", name)].decode(), info & 15, section, value - base, size)


def _metadata(sections: list[Any]) -> dict[str, Any]:
    for section in sections:
        if section["sh_type"] == "SHT_NOTE":
            for note in section.iter_notes():
                if note["n_name"] == "AMDGPU" and note["n_type"] == NT_AMDGPU_METADATA:
                    unpacked: dict[str, Any] = msgpack.unpackb(note["n_descdata"])
                    return unpacked
    raise ValueError("it has no AMDGPU metadata")
