"""What each kernel is timed on: shapes of a 7-8B model, valid random data, bytes that must move."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import data, geometry, q8_1
from kernels.contracts.family import make_launch
from kernels.contracts.formats import block_format, quantized
from kernels.launch import Dim, Launch
from kernels.names import KernelName

Array = NDArray[np.generic]
SHAPES = ((4096, 4096), (4096, 14336))
"""(weight rows, columns)."""


@dataclass(frozen=True)
class Work:
    """One launch to time. `cold` is the argument that is too large for a cache and is rotated among copies."""

    kernel: KernelName
    label: str
    grid: Dim
    block: Dim
    values: dict[str, Array | int]
    cold: str
    out_bytes: int

    def launch(self) -> Launch:
        """The same as a launch. Raises KeyError when a parameter has no value."""
        return make_launch(self.kernel, self.grid, self.block, self.values, self.out_bytes)

    @property
    def bytes(self) -> int:
        """The fewest bytes that must be read and written."""
        arrays = [value.nbytes for value in self.values.values() if isinstance(value, np.ndarray)]
        return sum(arrays) + self.out_bytes


def weights(kind: str, rows: int, columns: int, rng: np.random.Generator) -> Array:
    """Valid random weight rows; 64 different ones, repeated."""
    if not quantized(kind):
        width = 4 if kind == "f32" else 2
        return np.tile(rng.normal(size=(64, columns)).astype(f"f{width}").view(np.uint8), (rows // 64, 1))
    form = block_format(kind)
    some = data.weight_rows(kind, ["random"] * 64, columns // form.elements, rng).reshape(64, -1)
    return np.concatenate([np.tile(some, (rows // 64, 1)).reshape(-1), np.zeros(form.size(512), np.uint8)])


def activations(rows: int, columns: int, rng: np.random.Generator) -> Array:
    """q8_1 activation rows."""
    return q8_1.quantize(rng.normal(size=(rows, columns)).astype(np.float32))


def works(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    """The launches one kernel is timed on."""
    yield from MAKERS[kernel.family](kernel, rng)


def _dequantize(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    count = 4096 * 14336
    table = geometry.table()["dequantize"]
    grid = (geometry.ceil_div(count, table["elements"][kernel.type]), 1, 1)
    values: dict[str, Array | int] = {"vx": weights(kernel.type, 4096, 14336, rng)}
    if kernel.type in table["count_unit"]:
        values["k"] = count // table["count_unit"][kernel.type]
    out_bytes = count * (4 if kernel.out == "f32" else 2)
    yield Work(kernel, f"{count} elements", grid, (table["block"][kernel.type], 1, 1), values, "vx", out_bytes)


def _quantize(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    for rows, columns in ((512, 4096), (4096, 14336)):
        padded = geometry.padded(columns)
        x = rng.normal(size=(64, columns)).astype(np.float32)
        values: dict[str, Array | int] = {"x": np.tile(x, (rows // 64, 1)), "kx": columns, "kx_padded": padded}
        grid = (padded // 256, rows, 1)
        yield Work(kernel, f"{rows}×{columns}", grid, (256, 1, 1), values, "x", rows * padded // 32 * 36)


def _dequantize_mul_mat_vec(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    for rows, columns in SHAPES:
        values: dict[str, Array | int] = {
            "vx": weights(kernel.type, rows, columns, rng),
            "y": rng.normal(size=columns).astype(np.float32),
            "ncols": columns,
            "nrows": rows,
        }
        yield Work(kernel, f"{rows}×{columns}", (rows, 1, 1), (32, 1, 1), values, "vx", 4 * rows)


def _mul_mat_vec(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    batch, table = kernel.batch or 1, geometry.table()["mul_mat_vec_q8_1"]
    for rows, columns in SHAPES:
        values: dict[str, Array | int] = {
            "vx": weights(kernel.type, rows, columns, rng),
            "vy": activations(batch, columns, rng),
            "ncols_x": columns,
            "nrows_x": rows,
            "nrows_y": geometry.padded(columns),
            "nrows_dst": rows,
        }
        grid = (geometry.ceil_div(rows, table["rows"][batch - 1]), 1, 1)
        block = (32, table["warps"][batch - 1], 1)
        yield Work(kernel, f"{rows}×{columns}", grid, block, values, "vx", 4 * rows * batch)


def _mul_mat(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    table, batch = geometry.table()["mul_mat_q8_1"], 512
    for rows, columns in SHAPES:
        values: dict[str, Array | int] = {
            "vx": weights(kernel.type, rows, columns, rng),
            "vy": activations(batch, columns, rng),
            "ncols_x": columns,
            "nrows_x": rows,
            "ncols_y": batch,
            "nrows_y": geometry.padded(columns),
            "nrows_dst": rows,
        }
        grid = (
            geometry.ceil_div(rows, table["tile_y"][kernel.type]),
            geometry.ceil_div(batch, table["tile_x"][kernel.type]),
            1,
        )
        label = f"{rows}×{columns}×{batch}"
        yield Work(kernel, label, grid, (32, table["warps"], 1), values, "vx", 4 * rows * batch)


def _get_rows(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    rows, columns, table = 8192, 4096, geometry.table()["get_rows"]
    source = weights(kernel.type, rows, columns, rng)
    row_bytes = block_format(kernel.type).size(columns) if quantized(kernel.type) else source.nbytes // rows
    values: dict[str, Array | int] = {
        "src0": source,
        "src1": rng.permutation(rows).astype(np.uint32),
        "ne00": columns,
        "nb01": row_bytes,
    }
    grid = (rows, geometry.ceil_div(columns, table["elements"][kernel.type]), 1)
    block = (table["block"][kernel.type], 1, 1)
    yield Work(kernel, f"{rows} rows of {columns}", grid, block, values, "src0", 4 * rows * columns)


def _moe(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    experts, rows, columns, batch, topk = 8, 1792, 4096, 8, 2
    indices = np.stack([rng.permutation(experts)[:topk] for _ in range(batch)]).astype(np.uint32)
    values: dict[str, Array | int] = {
        "all_weights": weights(kernel.type, experts * rows, columns, rng),
        "all_inputs": activations(batch, columns, rng),
        "indices": indices,
        "n": rows,
        "k": columns,
        "batch": batch,
        "topk": topk,
        "k_padded": geometry.padded(columns),
        "input_dim1": 1,
    }
    label = f"{experts} experts {rows}×{columns}, batch {batch}, top {topk}"
    yield Work(kernel, label, (rows, batch, topk), (32, 4, 1), values, "all_weights", 4 * rows * batch * topk)


MAKERS = {
    "dequantize": _dequantize,
    "quantize": _quantize,
    "dequantize_mul_mat_vec": _dequantize_mul_mat_vec,
    "mul_mat_vec_q8_1": _mul_mat_vec,
    "mul_mat_q8_1": _mul_mat,
    "get_rows": _get_rows,
    "indexed_moe_forward": _moe,
}
