"""Block formats as data (formats.toml): sizes and fields of every quantized type."""

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kernels import ROOT

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Format:
    """One block format. A packed array has shape (blocks, bytes)."""

    name: str
    elements: int
    bytes: int
    fields: dict[str, tuple[int, int]]
    halves: tuple[str, ...]
    floats: tuple[str, ...]
    scales: tuple[str, ...]
    quants: tuple[str, ...]

    def field(self, blocks: Bytes, name: str) -> Bytes:
        """View of one field, shape (blocks, size in bytes)."""
        offset, size = self.fields[name]
        return blocks[:, offset : offset + size]

    def blocks(self, elements: int) -> int:
        """Blocks that hold so many elements. Raises ValueError unless they are filled."""
        count, rest = divmod(elements, self.elements)
        if rest or not count:
            raise ValueError(f"{elements} elements do not fill whole {self.name} blocks of {self.elements}")
        return count

    def size(self, elements: int) -> int:
        """Bytes of so many elements. Raises ValueError unless they fill whole blocks."""
        return self.blocks(elements) * self.bytes


@cache
def _formats() -> dict[str, Format]:
    table = tomllib.loads((ROOT / "contracts" / "formats.toml").read_text(encoding="utf-8"))
    return {
        name: Format(
            name,
            entry["elements"],
            entry["bytes"],
            {field: (offset, size) for field, (offset, size) in entry["fields"].items()},
            *(tuple(entry.get(kind, ())) for kind in ("halves", "floats", "scales", "quants")),
        )
        for name, entry in table.items()
    }


def block_format(name: str) -> Format:
    """The format of a quant type in GGML's spelling. Raises KeyError for an unknown one."""
    return _formats()[name]


def quantized(name: str) -> bool:
    """True for block formats, False for plain float types."""
    return name in _formats()
