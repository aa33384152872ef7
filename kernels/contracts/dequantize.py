"""`dequantize_block_*`: packed blocks to float or half, in element order; every bit is determined.

The real value of an element needs one rounding to float32 (each product before the last addition is exact), and the
half kernels round that once more.
"""

from collections.abc import Iterator

import numpy as np

from kernels.contracts import VERSIONS, data, geometry
from kernels.contracts.base import Effort, Prepared
from kernels.contracts.decode import decode
from kernels.contracts.family import FamilyContract, Sized, exact, make_launch, with_tail
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.naming import Shape
from kernels.launch import Launch
from kernels.names import KernelName

CLASSES = (*data.WEIGHTS, "mixed")


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    large = 33 if block_format(kernel.type).elements == 256 else 99
    yield {"blocks": large}, "mixed"
    yield {"blocks": 1}, "random"
    if effort == "quick":
        return
    yield {"blocks": 1027}, "mixed"
    for blocks in {2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65} - {large}:
        yield {"blocks": blocks}, "mixed"
    for name in data.WEIGHTS:
        yield {"blocks": 19}, name


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    classes = data.weight_classes(shape.data, shape["blocks"])
    return given(kernel, data.weight_rows(kernel.type, classes, 1, shape.generator())[:, 0])


def given(kernel: KernelName, blocks: Bytes) -> Prepared:
    """The case of packed blocks, shape (blocks, bytes)."""
    with np.errstate(over="ignore"):
        singles = decode(kernel.type, blocks).value.astype(np.float32)
        values = singles.astype(np.float16) if kernel.out == "f16" else singles
    return Prepared(launch(kernel, blocks), (exact("y", values),))


def launch(kernel: KernelName, blocks: Bytes) -> Launch:
    """The launch for packed blocks, shape (blocks, bytes)."""
    form, table = block_format(kernel.type), geometry.table()["dequantize"]
    count = len(blocks) * form.elements
    return make_launch(
        kernel,
        (geometry.ceil_div(count, table["elements"][kernel.type]), 1, 1),
        (table["block"][kernel.type], 1, 1),
        {"vx": with_tail(kernel.type, blocks), "k": count // table["count_unit"].get(kernel.type, form.elements)},
        count * (2 if kernel.out == "f16" else 4),
    )


CONTRACT = FamilyContract("dequantize", VERSIONS["dequantize"], ("blocks",), CLASSES, _shapes, _build)
