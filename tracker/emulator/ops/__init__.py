"""The operations, by kind. Importing this package fills the table in `tracker.emulator.operation`."""

from tracker.emulator.ops import (
    compare,
    convert,
    dot,
    half,
    hwregs,
    indexed,
    lanes,
    packed,
    salu,
    valu_float,
    valu_int,
    valu_wide,
)

__all__ = [
    "compare",
    "convert",
    "dot",
    "half",
    "hwregs",
    "indexed",
    "lanes",
    "packed",
    "salu",
    "valu_float",
    "valu_int",
    "valu_wide",
]
