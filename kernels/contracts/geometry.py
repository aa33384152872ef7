"""Kernel parameters and launch geometry as data (geometry.toml)."""

import tomllib
from functools import cache
from typing import Any

from kernels import ROOT
from kernels.names import KernelName

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


def padded(columns: int) -> int:
    """Elements of a q8_1 activation row that holds `columns` real ones."""
    return ceil_div(columns, table()["matrix_row_padding"]) * int(table()["matrix_row_padding"])


def ceil_div(count: int, size: int) -> int:
    """Groups of `size` that cover `count`."""
    return -(-count // size)
