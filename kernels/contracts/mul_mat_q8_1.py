"""`mul_mat_*`: q8_1 activation rows times weight rows in tiles (oracle C).

A row shorter than a block has no weights, and all its products are zero: candle's launcher accepts that.

The bytes behind the weights hold NaN scales: candle's kernels let them reach the last rows when the columns do not
fill the last step, a correct one does not.
"""

from collections.abc import Iterator

from kernels.contracts import VERSIONS, data, geometry, oracle, q8_1
from kernels.contracts.base import Effort, Prepared
from kernels.contracts.data import Singles
from kernels.contracts.family import FamilyContract, Sized, Values, make_launch, with_tail
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.naming import Shape
from kernels.launch import Launch
from kernels.names import KernelName

SINGLE = tuple(name for name in data.CLASSES if name != "mixed")


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    step, table = block_format(kernel.type).elements, geometry.table()["mul_mat_q8_1"]
    tile_y, tile_x, turn = (table[key][kernel.type] for key in ("tile_y", "tile_x", "k_step"))
    yield {"rows": tile_y + 1, "cols": turn + step, "batch": tile_x + 1}, "mixed"
    yield {"rows": 9, "cols": step, "batch": 7}, "mixed"
    yield {"rows": 4, "cols": 1024, "batch": 3}, "random"
    yield {"rows": 3, "cols": step // 2, "batch": 2}, "random"
    if effort == "quick":
        return
    yield {"rows": 3, "cols": 4096, "batch": 2}, "outlier"
    for edge in (-1, 0):
        yield {"rows": tile_y + edge, "cols": 2 * turn, "batch": tile_x + edge}, "mixed"
    yield {"rows": 2 * tile_y + 1, "cols": step, "batch": 1}, "mixed"
    yield {"rows": 1, "cols": 512 + step, "batch": 2 * tile_x + 1}, "mixed"
    for rows, batch in ((1, 1), (31, 33), (32, 32), (33, 31), (63, 65), (64, 64), (65, 63)):
        yield {"rows": rows, "cols": 256, "batch": batch}, "mixed"
    for cols in dict.fromkeys((2 * step, 512, 512 + step, 1024)):
        yield {"rows": 8, "cols": cols, "batch": 9}, "mixed"
    for name in SINGLE:
        yield {"rows": 5, "cols": turn + step, "batch": 3}, name


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    rows, columns, batch, rng = shape["rows"], shape["cols"], shape["batch"], shape.generator()
    classes = data.weight_classes(shape.data, rows)
    form = block_format(kernel.type)
    blocks = 0 if columns < form.elements else form.blocks(columns)
    weights = data.weight_rows(kernel.type, classes, blocks, rng)
    return given(kernel, weights, data.activation_rows(data.activation_classes(shape.data, batch), columns, rng))


def given(kernel: KernelName, weights: Bytes, x: Singles) -> Prepared:
    """The case of weights, shape (rows, blocks, bytes), and float activations, shape (batch, columns)."""
    y, stored = q8_1.quantize(x), kernel.type in geometry.table()["mul_mat_q8_1"]["s_term"]
    product = oracle.q8_1_product(oracle.decode_rows(kernel.type, weights), y, stored)
    return Prepared(launch(kernel, weights, y, x.shape[1]), (oracle.expectation("dst", product, x.shape[1]),))


def launch(kernel: KernelName, weights: Bytes, y: Bytes, columns: int) -> Launch:
    """The launch for weights, shape (rows, blocks, bytes), and q8_1 rows of so many columns, shape (batch, bytes)."""
    rows, batch = len(weights), len(y)
    table = geometry.table()["mul_mat_q8_1"]
    grid = (
        geometry.ceil_div(rows, table["tile_y"][kernel.type]),
        geometry.ceil_div(batch, table["tile_x"][kernel.type]),
        1,
    )
    values: Values = {
        "vx": with_tail(kernel.type, weights),
        "vy": y,
        "ncols_x": columns,
        "nrows_x": rows,
        "ncols_y": batch,
        "nrows_y": geometry.padded(columns),
        "nrows_dst": rows,
    }
    return make_launch(kernel, grid, (32, table["warps"], 1), values, 4 * rows * batch)


CONTRACT = FamilyContract(
    "mul_mat_q8_1", VERSIONS["mul_mat_q8_1"], ("rows", "cols", "batch"), data.CLASSES, _shapes, _build
)
