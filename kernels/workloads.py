"""What each kernel is timed on: shapes of a 7-8B model, valid random data, bytes that must move."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import (
    data,
    dequantize,
    dequantize_mul_mat_vec,
    get_rows,
    indexed_moe_forward,
    mul_mat_q8_1,
    mul_mat_vec_q8_1,
    q8_1,
    quantize,
)
from kernels.contracts.formats import Bytes, block_format, quantized
from kernels.launch import Buffer, Launch
from kernels.names import KernelName

SHAPES = ((4096, 4096), (4096, 14336))
"""(weight rows, columns)."""
BATCH = 512
DIFFERENT = 64
"""Rows that are made; the others repeat them."""


@dataclass(frozen=True)
class Work:
    """One launch to time. `cold` is the argument that is too large for a cache and is rotated among copies."""

    label: str
    launch: Launch
    cold: str

    @property
    def bytes(self) -> int:
        """Bytes of all buffers, each read or written once, the slack behind the weights among them."""
        return sum(each.data.nbytes for each in self.launch.arguments if isinstance(each, Buffer))


def weights(kind: str, rows: int, columns: int, rng: np.random.Generator) -> Bytes:
    """Valid random weights, shape (rows, blocks, bytes), or (rows, bytes) for plain floats."""
    if not quantized(kind):
        width = 4 if kind == "f32" else 2
        floats = rng.normal(size=(DIFFERENT, columns)).astype(f"f{width}")
        return np.tile(floats.view(np.uint8), (rows // DIFFERENT, 1))
    some = data.weight_rows(kind, ["random"] * DIFFERENT, block_format(kind).blocks(columns), rng)
    return np.tile(some, (rows // DIFFERENT, 1, 1))


def activations(rows: int, columns: int, rng: np.random.Generator) -> Bytes:
    """q8_1 activation rows."""
    return q8_1.quantize(floats(rows, columns, rng))


def floats(rows: int, columns: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Float activation rows."""
    return rng.normal(size=(rows, columns)).astype(np.float32)


def works(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    """The launches one kernel is timed on."""
    yield from MAKERS[kernel.family](kernel, rng)


def _dequantize(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    rows, columns = SHAPES[-1]
    packed = weights(kernel.type, rows, columns, rng)
    blocks = packed.reshape(-1, packed.shape[-1])
    yield Work(f"{rows * columns} elements", dequantize.launch(kernel, blocks), "vx")


def _quantize(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    for rows, columns in ((512, 4096), (4096, 14336)):
        x = np.tile(floats(DIFFERENT, columns, rng), (rows // DIFFERENT, 1))
        yield Work(f"{rows}×{columns}", quantize.launch(kernel, x), "x")


def _dequantize_mul_mat_vec(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    for rows, columns in SHAPES:
        packed, y = weights(kernel.type, rows, columns, rng), floats(1, columns, rng)
        yield Work(f"{rows}×{columns}", dequantize_mul_mat_vec.launch(kernel, packed, y), "vx")


def _mul_mat_vec(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    for rows, columns in SHAPES:
        packed, y = weights(kernel.type, rows, columns, rng), activations(kernel.batch or 1, columns, rng)
        yield Work(f"{rows}×{columns}", mul_mat_vec_q8_1.launch(kernel, packed, y, columns), "vx")


def _mul_mat(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    for rows, columns in SHAPES:
        packed, y = weights(kernel.type, rows, columns, rng), activations(BATCH, columns, rng)
        yield Work(f"{rows}×{columns}×{BATCH}", mul_mat_q8_1.launch(kernel, packed, y, columns), "vx")


def _get_rows(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    rows, columns = 8192, 4096
    table, ids = weights(kernel.type, rows, columns, rng).reshape(-1), rng.permutation(rows).astype(np.uint32)
    yield Work(f"{rows} rows of {columns}", get_rows.launch(kernel, table, columns, ids), "src0")


def _moe(kernel: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    experts, rows, columns, batch, topk = 8, 1792, 4096, 8, 2
    ids = np.stack([rng.permutation(experts)[:topk] for _ in range(batch)]).astype(np.uint32)
    packed = weights(kernel.type, experts * rows, columns, rng).reshape(experts, rows, -1)
    launch = indexed_moe_forward.launch(kernel, packed, activations(batch, columns, rng), columns, ids)
    yield Work(f"{experts} experts {rows}×{columns}, batch {batch}, top {topk}", launch, "all_weights")


MAKERS = {
    "dequantize": _dequantize,
    "quantize": _quantize,
    "dequantize_mul_mat_vec": _dequantize_mul_mat_vec,
    "mul_mat_vec_q8_1": _mul_mat_vec,
    "mul_mat_q8_1": _mul_mat,
    "get_rows": _get_rows,
    "indexed_moe_forward": _moe,
}
