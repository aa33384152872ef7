"""`dequantize_mul_mat_vec_*`: one float vector times each weight row (oracle B).

Columns may be 32 modulo 64 for the 32-element types: candle's kernels read past y there, a correct one does not.
"""

from collections.abc import Iterator

from kernels.contracts import VERSIONS, data, geometry, oracle
from kernels.contracts.base import Effort, Expectation, Prepared
from kernels.contracts.data import Singles
from kernels.contracts.family import FamilyContract, Sized, make_launch, with_tail
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.naming import Shape
from kernels.launch import Launch
from kernels.names import KernelName

SINGLE = tuple(name for name in data.CLASSES if name != "mixed")


LONG = 2304
"""Columns: more blocks than 32 lanes take in one turn, whatever the type."""


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    step = block_format(kernel.type).elements
    yield {"rows": 19, "cols": LONG + step % 256}, "mixed"
    yield {"rows": 2, "cols": 3 * step}, "outlier"
    if effort == "quick":
        return
    yield {"rows": 515, "cols": step}, "mixed"
    yield {"rows": 3, "cols": 14336}, "outlier"
    for rows in (1, 3, 31, 32, 33, 63, 64, 65):
        yield {"rows": rows, "cols": step}, "mixed"
    for cols in dict.fromkeys((2 * step, 256, 512 + step, 1024, 1280, 2048 + step)):
        yield {"rows": 8, "cols": cols}, "mixed"
    for name in SINGLE:
        yield {"rows": 5, "cols": 512 + step}, name


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    rows, columns, rng = shape["rows"], shape["cols"], shape.generator()
    classes = data.weight_classes(shape.data, rows)
    weights = data.weight_rows(kernel.type, classes, block_format(kernel.type).blocks(columns), rng)
    return given(kernel, weights, data.activation_rows(data.activation_classes(shape.data, 1), columns, rng))


def given(kernel: KernelName, weights: Bytes, y: Singles) -> Prepared:
    """The case of weights, shape (rows, blocks, bytes), and float activations, shape (1, columns)."""
    product = oracle.float_product(oracle.decode_rows(kernel.type, weights), y.astype("f8"))
    bound = oracle.bound(y.shape[1])
    expected = Expectation("dst", "float32", product.reference.reshape(-1), product.scale.reshape(-1), bound)
    return Prepared(launch(kernel, weights, y), (expected,))


def launch(kernel: KernelName, weights: Bytes, y: Singles) -> Launch:
    """The launch for weights, shape (rows, blocks, bytes), and float activations, shape (1, columns)."""
    rows = len(weights)
    return make_launch(
        kernel,
        (rows, 1, 1),
        (geometry.table()["dequantize_mul_mat_vec"]["block"], 1, 1),
        {"vx": with_tail(kernel.type, weights), "y": y, "ncols": y.shape[1], "nrows": rows},
        4 * rows,
    )


CONTRACT = FamilyContract(
    "dequantize_mul_mat_vec", VERSIONS["dequantize_mul_mat_vec"], ("rows", "cols"), data.CLASSES, _shapes, _build
)
