"""Reads the data objects of an assembly file: tables and variables, which `clang -S` writes behind the code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_OBJECT = re.compile(r"\.type\s+([^\s,]+),@object")
_COMMON = re.compile(r"\t\.comm\s+([^\s,]+),(\d+)")
_SECTIONS = (".section", ".data", ".bss", ".text")
_CONSTANT = (".rodata", ".data.rel.ro")
_REFERENCE = re.compile(r"([A-Za-z_.$][\w.$]*)([+-]\d+)?$")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

_SIZES = {
    "byte": 1,
    "short": 2, "hword": 2, "2byte": 2,
    "long": 4, "int": 4, "4byte": 4,
    "quad": 8, "8byte": 8,
}  # fmt: skip


@dataclass
class DataObject:
    """One table or variable. `references`: where in `content` the address of a symbol goes, and what is added to it."""

    name: str
    constant: bool
    content: bytearray = field(default_factory=bytearray)
    references: list[tuple[int, int, str, int]] = field(default_factory=list)
    """Offset, size in bytes, symbol, addend."""
    unknown: str = ""
    """The first directive without a meaning here."""


def read_objects(text: str) -> dict[str, DataObject]:
    """All data objects of an assembly file by name."""
    objects = {m[1]: DataObject(m[1], False, bytearray(int(m[2]))) for m in _COMMON.finditer(text)}
    names = {match[1] for match in _OBJECT.finditer(text)} - objects.keys()
    for name, constant, lines in _definitions(text, names):
        objects[name] = thing = DataObject(name, constant)
        for directive, rest in lines:
            _add(thing, directive, rest)
    return objects


def _definitions(text: str, names: set[str]) -> Iterator[tuple[str, bool, list[tuple[str, str]]]]:
    """Name, whether it is constant, and directives of each object, `align` the last of them."""
    labels = [text.find(f"\n{name}:") for name in names]
    first = min((place for place in labels if place >= 0), default=len(text))
    start = max(text.rfind(f"\n\t{word}", 0, first) for word in _SECTIONS)
    current, section, alignment = "", "", "0"
    lines: list[tuple[str, str]] = []
    for line in text[max(start, 0) :].splitlines():
        word, _, rest = line.strip().partition("\t")
        word = word.partition(" ")[0]
        if word[:-1] in names and word[-1:] == ":":
            current, lines = word[:-1], []
        elif word in _SECTIONS:
            current, section, alignment = "", rest if word == ".section" else word, "0"
        elif word == ".p2align":
            alignment = rest.partition(",")[0]
        elif word == ".size" and current:
            yield current, section.startswith(_CONSTANT), [*lines, ("align", alignment)]
            current, alignment = "", "0"
        elif current and word.startswith("."):
            lines.append((word[1:], rest))


def _add(thing: DataObject, directive: str, rest: str) -> None:
    """Append what a directive stands for."""
    if directive in ("ascii", "asciz"):
        for match in _STRING.finditer(rest):
            thing.content += _unescaped(match[1].encode("latin-1")) + (b"\0" if directive == "asciz" else b"")
        return
    values = [value.strip() for value in rest.partition(";")[0].split(",")]
    if directive in ("zero", "skip"):
        thing.content += bytes([int(values[1], 0) & 255 if len(values) > 1 else 0]) * int(values[0], 0)
    elif directive == "align":
        # The compiler fetches bytes of well-aligned tables as whole dwords, the last one too.
        thing.content += bytes(-len(thing.content) % 4 if int(values[0]) >= 2 else 0)
    elif directive in _SIZES:
        for value in values:
            _number(thing, value, _SIZES[directive])
    else:
        thing.unknown = thing.unknown or f".{directive} {rest}"


def _number(thing: DataObject, value: str, size: int) -> None:
    number = 0
    try:
        number = int(value, 0)
    except ValueError:
        match = _REFERENCE.match(value)
        if match:
            thing.references.append((len(thing.content), size, match[1], int(match[2] or 0)))
        else:
            thing.unknown = thing.unknown or value
    thing.content += (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _unescaped(raw: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        letter = match[1]
        return bytes([int(letter, 8) & 255]) if letter.isdigit() else _LETTERS.get(letter, letter)

    return _ESCAPE.sub(plain, raw)
