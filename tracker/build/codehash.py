"""A hash of everything that decides what a kernel does: code, descriptor, launch limits, functions and data it reaches.

It is computed from the relocatable object, where a reference still says what it refers to, so that a kernel's hash does
not depend on where its neighbours lie. A code object that stands alone has only addresses left: there the code counts
as it stands, together with all constant data.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from tracker.build.elf import STT_FUNC, STT_OBJECT, STT_SECTION, Elf, Relocation, Symbol

ENTRY_OFFSET = slice(16, 24)
"""KERNEL_CODE_ENTRY_BYTE_OFFSET of a kernel descriptor: where the code lies, not what it is (LLVM AMDGPUUsage)."""
ABS64, REL64 = 3, 5
WIDE = (ABS64, REL64, 13)
REL32_LO, REL32_HI = 10, 11
SOP1_MASK = 0xFF80FF00
S_GETPC_B64 = tuple(0xBE800000 | opcode << 8 for opcode in (0x1C, 0x1F, 0x47))  # gfx9, gfx10, gfx11 and gfx12


@dataclass(frozen=True)
class _Piece:
    """Bytes start..end of a section."""

    section: int
    start: int
    end: int


def code_hash(elf: Elf, facts: dict[str, Any]) -> str:
    """sha256 in hex for the kernel that the metadata entry `facts` describes. Raises KeyError when it has no code."""
    symbol = facts[".name"]
    code, descriptor = elf.find(symbol), elf.find(f"{symbol}.kd")
    if code is None or descriptor is None or not code.section:
        raise KeyError(symbol)
    arguments = [(entry[".value_kind"], entry[".offset"], entry[".size"]) for entry in facts.get(".args", ())]
    digest = hashlib.sha256(f"{facts['.max_flat_workgroup_size']} {arguments}".encode())
    digest.update(_without_entry(elf, descriptor))
    reached = [_piece(code)]
    for piece in reached:  # grows while it is walked
        digest.update(f"|{piece.end - piece.start}|".encode())
        digest.update(_masked(elf, piece))
        for relocation in _inside(elf, piece):
            digest.update(_reference(elf, relocation, piece, reached).encode())
    if not elf.relocatable:
        _add_constants(elf, digest)
    return digest.hexdigest()


def linked_as_built(built: Elf, linked: Elf, symbol: str) -> bool:
    """True when a kernel's code and descriptor in a linked file are those of its object, the linker's fields aside."""
    code, descriptor = built.find(symbol), built.find(f"{symbol}.kd")
    found, found_descriptor = linked.find(symbol), linked.find(f"{symbol}.kd")
    if code is None or descriptor is None or found is None or found_descriptor is None:
        return False
    piece = _piece(code)
    filled = bytearray(_bytes(linked, _piece(found)))
    if len(filled) != code.size:
        return False
    for at, size in _fields(built, piece):
        filled[at : at + size] = bytes(size)
    return filled == _masked(built, piece) and _without_entry(built, descriptor) == _without_entry(
        linked, found_descriptor
    )


def _without_entry(elf: Elf, descriptor: Symbol) -> bytes:
    held = bytearray(_bytes(elf, _piece(descriptor)))
    held[ENTRY_OFFSET] = bytes(8)
    return bytes(held)


def _piece(symbol: Symbol) -> _Piece:
    return _Piece(symbol.section, symbol.value, symbol.value + symbol.size)


def _bytes(elf: Elf, piece: _Piece) -> bytes:
    return elf.data[piece.section][piece.start : piece.end]


def _inside(elf: Elf, piece: _Piece) -> list[Relocation]:
    return [entry for entry in elf.relocations[piece.section] if piece.start <= entry.offset < piece.end]


def _masked(elf: Elf, piece: _Piece) -> bytes:
    """The piece's bytes with every field that the linker fills in set to zero."""
    data = bytearray(_bytes(elf, piece))
    for at, size in _fields(elf, piece):
        data[at : at + size] = bytes(size)
    return bytes(data)


def _fields(elf: Elf, piece: _Piece) -> list[tuple[int, int]]:
    """(offset in the piece, size) of every field that the linker fills in."""
    return [(entry.offset - piece.start, 8 if entry.type in WIDE else 4) for entry in _inside(elf, piece)]


def _reference(elf: Elf, relocation: Relocation, piece: _Piece, reached: list[_Piece]) -> str:
    """What a field refers to, by its place in `reached`, to which it is added when new."""
    symbol, addend = relocation.symbol, relocation.addend
    if not symbol.section or symbol.section >= len(elf.data):
        target = f"{symbol.name}+{addend}"  # defined elsewhere, or LDS
    else:
        if symbol.kind == STT_SECTION:
            distance = _distance(elf, relocation, piece.section)
            if distance is not None:
                symbol = _covering(elf, symbol.section, addend - distance) or symbol
                addend -= symbol.value
        found = _piece(symbol) if symbol.size else _Piece(symbol.section, 0, len(elf.data[symbol.section]))
        if found not in reached:
            reached.append(found)
        target = f"#{reached.index(found)}+{addend}"
    return f"@{relocation.offset - piece.start}:{relocation.type}:{target}"


def _distance(elf: Elf, relocation: Relocation, section: int) -> int | None:
    """Bytes from the address that s_getpc_b64 gives to the literal added to it: the addend contains them.

    None when no s_getpc_b64 stands shortly before. (SOP1 encoding and opcodes: AMD's ISA manuals.)
    """
    if relocation.type not in (REL32_LO, REL32_HI):
        return 0
    for at in range(relocation.offset - 4, max(relocation.offset - 64, -1), -4):
        word = int.from_bytes(elf.data[section][at : at + 4], "little")
        if word & SOP1_MASK in S_GETPC_B64:
            return relocation.offset - (at + 4)
    return None


def _covering(elf: Elf, section: int, offset: int) -> Symbol | None:
    for symbol in elf.symbols:
        named = symbol.kind in (STT_FUNC, STT_OBJECT) and symbol.section == section
        if named and symbol.value <= offset < symbol.value + symbol.size:
            return symbol
    return None


def _add_constants(elf: Elf, digest: "hashlib._Hash") -> None:
    """All constant data of a linked file but the kernel descriptors."""
    for index, name in enumerate(elf.names):
        if name.startswith((".rodata", ".data")):
            data = bytearray(elf.data[index])
            for symbol in elf.symbols:
                if symbol.section == index and symbol.name.endswith(".kd"):
                    data[symbol.value : symbol.value + symbol.size] = bytes(symbol.size)
            digest.update(data)
