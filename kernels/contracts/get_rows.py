"""`get_rows_*`: chosen rows of a table as float, in the order of the ids; every bit is determined.

Callers cap the grid along a row at 65535 workgroups, so a workgroup may have more than one part of a row to do. `grid`
is that cap: a small one shows at a few columns what would otherwise take millions. Types with blocks of 256 elements
are never launched with fewer workgroups than blocks.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import VERSIONS, data, geometry
from kernels.contracts.base import Effort, Prepared
from kernels.contracts.data import Rng, Singles
from kernels.contracts.family import FamilyContract, Sized, exact, make_launch, with_tail
from kernels.contracts.formats import Bytes, block_format, quantized
from kernels.contracts.naming import Shape
from kernels.contracts.oracle import decode_rows
from kernels.launch import Launch
from kernels.names import KernelName

CLASSES = (*data.WEIGHTS, "mixed")
LONG = 2560
"""Columns: five workgroups and more along a row, whatever the type."""
GRID_LIMIT = int(geometry.table()["grid_limit"])
FLOAT_BYTES = {"f32": 4, "f16": 2, "bf16": 2}


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    step = block_format(kernel.type).elements if quantized(kernel.type) else 1
    yield _sizes(9, LONG + step % 256, 11), "mixed"
    yield _sizes(2, step, 3), "random"
    if step < 256:
        yield _sizes(2, 1024 + step, 3, grid=1), "every"
    if effort == "quick":
        return
    yield _sizes(5, 8192, 3), "mixed"
    yield _sizes(515, step, 259), "mixed"
    for cols in dict.fromkeys((31 // step * step, step, 256 - step, 256, 256 + step, 512, 512 + step, 2048)):
        if cols:
            yield _sizes(8, cols, 5), "mixed"
    for rows, ids in ((1, 33), (33, 1), (31, 32), (32, 31), (63, 65), (64, 64), (65, 63)):
        yield _sizes(rows, step, ids), "mixed"
    for name in data.WEIGHTS:
        yield _sizes(3, 2 * step, 4), name


def _sizes(rows: int, columns: int, ids: int, grid: int = GRID_LIMIT) -> dict[str, int]:
    return {"rows": rows, "cols": columns, "ids": ids, "grid": grid}


def _float_table(kind: str, classes: list[str], columns: int, rng: Rng) -> tuple[Bytes, Singles]:
    """A table of plain floats as bytes, and its rows as float32 (exact: every narrower float is a float32)."""
    bits = np.stack([_float_bits(FLOAT_BYTES[kind], name, columns, rng) for name in classes])
    if kind == "bf16":
        return bits.view(np.uint8), (bits.astype("<u4") << 16).view("<f4")
    return bits.view(np.uint8), bits.view("<f4" if kind == "f32" else "<f2").astype(np.float32)


def _float_bits(size: int, name: str, columns: int, rng: Rng) -> Bytes:
    """Random bit patterns of `size` bytes: any value, infinities, NaN and denormals among them; zero for `zero`."""
    top = 1 << 8 * size
    draw: dict[str, Callable[[], NDArray[np.int64]]] = {
        "zero": lambda: np.zeros(columns, np.int64),
        "denormal": lambda: rng.integers(1, 0x80, columns) + rng.integers(0, 2, columns) * (top >> 1),
        "largest": lambda: np.full(columns, 0x7F7F if size == 2 else 0x7F7FFFFF),
    }
    return draw.get(name, lambda: rng.integers(0, top, columns))().astype(f"<u{size}")


def _table(kernel: KernelName, classes: list[str], columns: int, rng: Rng) -> tuple[Bytes, Singles]:
    if not quantized(kernel.type):
        return _float_table(kernel.type, classes, columns, rng)
    blocks = data.weight_rows(kernel.type, classes, block_format(kernel.type).blocks(columns), rng)
    return with_tail(kernel.type, blocks), decode_rows(kernel.type, blocks).value.astype(np.float32)


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    rows, columns, rng = shape["rows"], shape["cols"], shape.generator()
    table, values = _table(kernel, data.weight_classes(shape.data, rows), columns, rng)
    ids = data.row_numbers(rows, shape["ids"], rng)
    return Prepared(launch(kernel, table, columns, ids, shape["grid"]), (exact("dst", values[ids]),))


def launch(kernel: KernelName, table: Bytes, columns: int, ids: NDArray[np.uint32], grid: int = GRID_LIMIT) -> Launch:
    """The launch for a table's bytes, as they lie in memory, with rows of so many columns."""
    sizes = geometry.table()["get_rows"]
    grid_y = min(geometry.ceil_div(columns, sizes["elements"][kernel.type]), grid)
    size = block_format(kernel.type).size(columns) if quantized(kernel.type) else columns * FLOAT_BYTES[kernel.type]
    return make_launch(
        kernel,
        (len(ids), grid_y, 1),
        (sizes["block"][kernel.type], 1, 1),
        {"src0": table, "src1": ids, "ne00": columns, "nb01": size},
        4 * len(ids) * columns,
    )


CONTRACT = FamilyContract("get_rows", VERSIONS["get_rows"], ("rows", "cols", "ids", "grid"), CLASSES, _shapes, _build)
