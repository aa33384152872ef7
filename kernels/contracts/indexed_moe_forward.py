"""`indexed_moe_forward_*_q8_1`: each slot's expert times its activation row (oracle C, which has no sum term here).

Every expert counts: candle's q8_0 kernel reads experts above 0 at the wrong offset, a correct one does not.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import VERSIONS, data, geometry, oracle, q8_1
from kernels.contracts.base import Effort, Prepared
from kernels.contracts.family import FamilyContract, Sized, Values, make_launch, with_tail
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.naming import Shape
from kernels.launch import Launch
from kernels.names import KernelName

KEYS = ("experts", "rows", "cols", "batch", "topk", "shared")
SINGLE = tuple(name for name in data.CLASSES if name != "mixed")


def _sizes(*values: int) -> dict[str, int]:
    return dict(zip(KEYS, values, strict=True))


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    step = block_format(kernel.type).elements
    long = 2304 + step % 256
    yield _sizes(3, 19, long, 2, 2, 1), "mixed"
    yield _sizes(4, 3, 512, 3, 2, 0), "outlier"
    if effort == "quick":
        return
    yield _sizes(1, 1, step, 1, 1, 1), "random"
    for rows in (31, 32, 33, 63, 64, 65):
        yield _sizes(3, rows, step, 1, 2, 0), "mixed"
    for cols in dict.fromkeys((2 * step, 256, 512, 512 + step, 1024)):
        yield _sizes(5, 4, cols, 2, 2, 0), "mixed"
    for name in SINGLE:
        yield _sizes(2, 3, 512 + step, 2, 2, 1), name


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    experts, rows, columns, batch, topk = (shape[key] for key in KEYS[:5])
    inputs, rng = 1 if shape["shared"] else topk, shape.generator()
    classes = data.weight_classes(shape.data, experts * rows)
    weights = data.weight_rows(kernel.type, classes, block_format(kernel.type).blocks(columns), rng)
    y = q8_1.quantize(data.activation_rows(data.activation_classes(shape.data, batch * inputs), columns, rng))
    ids = data.row_numbers(experts, batch * topk, rng).reshape(batch, topk)
    every = oracle.q8_1_product(oracle.decode_rows(kernel.type, weights), y, stored_sum=False)
    expected = oracle.expectation("all_outputs", _chosen(every, ids, rows), columns)
    return Prepared(launch(kernel, weights.reshape(experts, rows, -1), y, columns, ids), (expected,))


def launch(kernel: KernelName, weights: Bytes, y: Bytes, columns: int, ids: NDArray[np.uint32]) -> Launch:
    """The launch for experts' weights, shape (experts, rows, bytes), and q8_1 rows of so many columns.

    `ids`, shape (batch, topk), says which experts each of the batch asks for. `y` has a row for each of the batch, or
    for each expert that it asks for.
    """
    rows, (batch, topk) = weights.shape[1], ids.shape
    values: Values = {
        "all_weights": with_tail(kernel.type, weights),
        "all_inputs": y,
        "indices": ids,
        "n": rows,
        "k": columns,
        "batch": batch,
        "topk": topk,
        "k_padded": geometry.padded(columns),
        "input_dim1": len(y) // batch,
    }
    warps = geometry.table()["indexed_moe_forward"]["warps"]
    return make_launch(kernel, (rows, batch, topk), (32, warps, 1), values, 4 * batch * topk * rows)


def _chosen(every: oracle.Product, ids: NDArray[np.uint32], rows: int) -> oracle.Product:
    """From products of all input rows with all experts' rows, those that slot (b, t) asks for."""
    batch, topk = ids.shape
    inputs = len(every.reference) // batch
    line = np.arange(batch)[:, None] * inputs + (np.arange(topk) if inputs > 1 else np.zeros(topk, int))
    column = ids.astype(np.int64)[:, :, None] * rows + np.arange(rows)
    return oracle.Product(every.reference[line[:, :, None], column], every.scale[line[:, :, None], column])


CONTRACT = FamilyContract("indexed_moe_forward", VERSIONS["indexed_moe_forward"], KEYS, data.CLASSES, _shapes, _build)
