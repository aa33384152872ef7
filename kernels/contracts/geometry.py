"""Kernel parameters and launch geometry as data (geometry.toml)."""

import tomllib
from functools import cache
from typing import Any

from kernels import ROOT
from kernels.names import KernelName, identify

LANES = 32
"""Lanes that the launcher counts as a warp, on every target."""
OUT_TYPES = {"f32": "float", "f16": "__half"}


@cache
def table() -> dict[str, Any]:
    """The whole of geometry.toml."""
    return tomllib.loads((ROOT / "contracts" / "geometry.toml").read_text(encoding="utf-8"))


def signature(kernel: KernelName) -> tuple[tuple[str, str], ...]:
    """(name, canonical C type) of each parameter in order. Raises KeyError for a kernel the table lacks."""
    for entry in table()["signature"]:
        if entry["family"] == kernel.family and kernel.type in entry.get("types", [kernel.type]):
            out = OUT_TYPES.get(kernel.out or "", "")
            return tuple((name, ctype.replace("{out}", out)) for name, ctype in entry["parameters"])
    raise KeyError(f"no signature for {kernel.symbol}")


def views(symbol: str) -> dict[str, int]:
    """Parameters that callers may point into the middle of an allocation, and what their addresses are multiples of."""
    name = identify(symbol)
    found: dict[str, int] = table()["views"].get(name.family, {}) if name else {}
    return found


def block(kernel: KernelName) -> tuple[int, int, int] | None:
    """Work-items of a workgroup, x, y, z, as candle launches the kernel; None for a kernel the table lacks."""
    entry = table().get(kernel.family, {})
    if "warps" in entry:
        warps = entry["warps"]
        return LANES, warps[(kernel.batch or 1) - 1] if isinstance(warps, list) else warps, 1
    sizes = entry.get("block")
    size = sizes.get(kernel.type) if isinstance(sizes, dict) else sizes
    return (size, 1, 1) if size else None


def padded(columns: int) -> int:
    """Elements of a q8_1 activation row that holds `columns` real ones."""
    return ceil_div(columns, table()["matrix_row_padding"]) * int(table()["matrix_row_padding"])


def ceil_div(count: int, size: int) -> int:
    """Groups of `size` that cover `count`."""
    return -(-count // size)
