"""`mul_mat_vec_*_q8_1_cuda1…8`: up to eight q8_1 activation rows times each weight row (oracle C).

Odd row counts are legal for every batch: candle's kernels write past the end there, a correct one does not.
"""

from collections.abc import Iterator

from kernels.contracts import VERSIONS, data, geometry, oracle, q8_1
from kernels.contracts.base import Effort, Prepared
from kernels.contracts.data import Singles
from kernels.contracts.family import FamilyContract, Sized, make_launch, with_tail
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.naming import Shape
from kernels.launch import Launch
from kernels.names import KernelName

SINGLE = tuple(name for name in data.CLASSES if name != "mixed")
LONG = 2304
"""Columns: more than 128 work-items take in one turn, whatever the type."""


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    step = block_format(kernel.type).elements
    long = LONG + step % 256
    yield {"rows": 19, "cols": long}, "mixed"
    yield {"rows": 2, "cols": step}, "outlier"
    yield {"rows": 4, "cols": 512}, "random"
    if effort == "quick":
        return
    yield {"rows": 515, "cols": step}, "mixed"
    yield {"rows": 3, "cols": 14336}, "outlier"
    for rows in (1, 3, 10, 31, 32, 33, 63, 64, 65):
        yield {"rows": rows, "cols": step}, "mixed"
    for cols in dict.fromkeys((2 * step, 256, 512, 512 + step, 1024, long + 2304)):
        yield {"rows": 8, "cols": cols}, "mixed"
    for name in SINGLE:
        yield {"rows": 5, "cols": 512 + step}, name


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    rows, columns, rng = shape["rows"], shape["cols"], shape.generator()
    classes = data.weight_classes(shape.data, rows)
    weights = data.weight_rows(kernel.type, classes, block_format(kernel.type).blocks(columns), rng)
    return given(
        kernel, weights, data.activation_rows(data.activation_classes(shape.data, _batch(kernel)), columns, rng)
    )


def _batch(kernel: KernelName) -> int:
    return kernel.batch or 1


def given(kernel: KernelName, weights: Bytes, x: Singles) -> Prepared:
    """The case of weights, shape (rows, blocks, bytes), and float activations, shape (the kernel's batch, columns)."""
    y, stored = q8_1.quantize(x), kernel.type in geometry.table()["mul_mat_vec_q8_1"]["s_term"]
    product = oracle.q8_1_product(oracle.decode_rows(kernel.type, weights), y, stored)
    return Prepared(launch(kernel, weights, y, x.shape[1]), (oracle.expectation("dst", product, x.shape[1]),))


def launch(kernel: KernelName, weights: Bytes, y: Bytes, columns: int) -> Launch:
    """The launch for weights, shape (rows, blocks, bytes), and q8_1 rows of so many columns, shape (batch, bytes)."""
    rows, batch = len(weights), _batch(kernel)
    table = geometry.table()["mul_mat_vec_q8_1"]
    return make_launch(
        kernel,
        (geometry.ceil_div(rows, table["rows"][batch - 1]), 1, 1),
        (32, table["warps"][batch - 1], 1),
        {
            "vx": with_tail(kernel.type, weights),
            "vy": y,
            "ncols_x": columns,
            "nrows_x": rows,
            "nrows_y": geometry.padded(columns),
            "nrows_dst": rows,
        },
        4 * rows * batch,
    )


CONTRACT = FamilyContract(
    "mul_mat_vec_q8_1", VERSIONS["mul_mat_vec_q8_1"], ("rows", "cols"), data.CLASSES, _shapes, _build
)
