"""`quantize_q8_1`: float rows to padded rows of q8_1 blocks; every bit is determined."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import VERSIONS, data, geometry, q8_1
from kernels.contracts.base import Effort, Expectation, Prepared
from kernels.contracts.data import Rng, Singles
from kernels.contracts.family import FamilyContract, Sized, make_launch
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.naming import Shape
from kernels.launch import Launch
from kernels.names import KernelName

EDGES = ("ties", "close", "cancelling", "huge", "subhalf", "denormal")
SPECIAL = ("infinite", "nan")
CYCLE = (*data.ACTIVATIONS, *EDGES, *SPECIAL)
CLASSES = (*CYCLE, "mixed")
LONG = 2083
"""Columns: ten workgroups along a row, the last of them half empty, its last four columns not all there."""


def _shapes(kernel: KernelName, effort: Effort) -> Iterator[Sized]:
    yield {"rows": len(CYCLE), "cols": LONG}, "mixed"
    yield {"rows": 3, "cols": 39}, "mixed"
    if effort == "quick":
        return
    for cols in (1, 31, 32, 63, 64, 65, 255, 256, 257, 480, 511, 512, 513, 1024, 1280):
        yield {"rows": 2, "cols": cols}, "mixed"
    for rows in (1, 31, 32, 33, 63, 64, 65):
        yield {"rows": rows, "cols": 40}, "mixed"
    for name in CYCLE:
        yield {"rows": 2, "cols": 288}, name


def _ties(columns: int, rng: Rng) -> NDArray[np.float64]:
    """Quotients that lie exactly half way: the maximum makes d a power of two."""
    values = rng.integers(-126, 126, columns).astype(np.float64) * 2.0**-5 + 2.0**-6
    values[::32] = 127 * 2.0**-5
    return values


def _close(columns: int, rng: Rng) -> NDArray[np.float64]:
    """Quotients half way or one float beside it, for any d: only the rounded division itself tells on which side."""
    shape = -(-columns // 32), 32
    largest = rng.uniform(1, 2, (shape[0], 1)).astype(np.float32)
    half_way = ((rng.integers(-126, 126, shape) + 0.5) * (largest / np.float32(127))).astype(np.float32)
    values: Singles = np.nextafter(half_way, half_way + rng.integers(-1, 2, shape), dtype=np.float32)
    values[:, :1] = largest
    return values.reshape(-1)[:columns].astype(np.float64)


def _cancelling(columns: int, rng: Rng) -> NDArray[np.float64]:
    """Sums that are mostly rounding errors: they tell in which order a block's values were added."""
    values = rng.normal(size=columns).astype(np.float32).astype(np.float64)
    for block in np.split(values, range(32, columns, 32)):
        block[-1] -= block.sum()
    return values


def _denormal(columns: int, rng: Rng) -> NDArray[np.float64]:
    """d is a float32 denormal with twenty significant bits or more, so that no code leaves its range."""
    values = rng.uniform(-1, 1, columns) * 2.0**-121
    values[::32] = 2.0**-121
    return values


def _with(special: float, columns: int, rng: Rng) -> NDArray[np.float64]:
    values = rng.normal(size=columns)
    values[rng.random(columns) < 0.05] = special
    return values


def _activations(name: str, columns: int, rng: Rng) -> NDArray[np.float64]:
    values: dict[str, Callable[[], NDArray[np.float64]]] = {
        "ties": lambda: _ties(columns, rng),
        "close": lambda: _close(columns, rng),
        "cancelling": lambda: _cancelling(columns, rng),
        "huge": lambda: rng.uniform(-1, 1, columns) * 10.0 ** rng.integers(3, 9, columns),
        "subhalf": lambda: rng.normal(size=columns) * 1e-6,
        "denormal": lambda: _denormal(columns, rng),
        "infinite": lambda: _with(np.inf, columns, rng),
        "nan": lambda: _with(np.nan, columns, rng),
    }
    return values[name]() if name in values else data.activations(name, columns, rng)


def _rows(shape: Shape) -> Singles:
    rng = shape.generator()
    names = [CYCLE[row % len(CYCLE)] if shape.data == "mixed" else shape.data for row in range(shape["rows"])]
    return np.stack([_activations(name, shape["cols"], rng) for name in names]).astype(np.float32)


def _compared(rows: Bytes) -> NDArray[np.bool_]:
    """All bytes but those of a stored sum that is NaN: which NaN it is, is left open."""
    form = block_format("q8_1")
    blocks = rows.reshape(-1, form.bytes)
    mask = np.ones(blocks.shape, np.bool_)
    sums = np.ascontiguousarray(form.field(blocks, "s")).view("<f2")
    offset, size = form.fields["s"]
    mask[:, offset : offset + size] = ~np.isnan(sums)
    return mask.reshape(-1)


def _build(kernel: KernelName, shape: Shape) -> Prepared:
    x = _rows(shape)
    expected = q8_1.quantize(x)
    expectation = Expectation("vy", "uint8", expected.reshape(-1), compared=_compared(expected))
    return Prepared(launch(kernel, x), (expectation,))


def launch(kernel: KernelName, x: Singles) -> Launch:
    """The launch for float rows, shape (rows, columns)."""
    rows, columns = x.shape
    width, block = geometry.padded(columns), geometry.table()["quantize"]["block"]
    return make_launch(
        kernel,
        (geometry.ceil_div(width, block), rows, 1),
        (block, 1, 1),
        {"x": x, "kx": columns, "kx_padded": width},
        rows * block_format("q8_1").size(width),
    )


CONTRACT = FamilyContract("quantize", VERSIONS["quantize"], ("rows", "cols"), CLASSES, _shapes, _build)
