"""Activations as q8_1 blocks: what `quantize_q8_1` must write, and how its blocks are taken apart.

Per 32 values: d = max|x| / 127 in float32 with IEEE division; codes are x/d rounded half away from zero with that
float32 d; the block stores half(d) and half(sum of the original x), the sum taken as a float32 butterfly.
"""

import numpy as np
from numpy.typing import NDArray

from kernels.contracts.decode import Floats, halves
from kernels.contracts.formats import Bytes, block_format
from kernels.contracts.geometry import padded

BUTTERFLY = (16, 8, 4, 2, 1)
FORMAT = block_format("q8_1")


def quantize(x: NDArray[np.float32]) -> Bytes:
    """Rows of float32, shape (rows, columns), as q8_1 rows of padded length, shape (rows, pad(columns)/32*36).

    NaN is ignored by the maximum and gets code 0; an infinite maximum gives d = inf and codes 0.
    """
    rows, columns = x.shape
    values = np.zeros((rows, padded(columns)), np.float32)
    values[:, :columns] = x
    groups = values.reshape(-1, FORMAT.elements)
    blocks = np.empty((len(groups), FORMAT.bytes), np.uint8)
    with np.errstate(all="ignore"):
        largest = np.fmax.reduce(np.abs(groups), axis=1, initial=np.float32(0), keepdims=True)
        d = (largest / np.float32(127)).astype(np.float32)
        _put_half(blocks, "d", d)
        _put_half(blocks, "s", _butterfly_sum(groups))
        FORMAT.field(blocks, "qs")[:] = _codes(groups, d).view(np.uint8)
    return blocks.reshape(rows, -1)


def _put_half(blocks: Bytes, name: str, values: NDArray[np.float32]) -> None:
    FORMAT.field(blocks, name)[:] = values.astype("<f2").view(np.uint8)


def _codes(groups: NDArray[np.float32], d: NDArray[np.float32]) -> NDArray[np.int8]:
    quotient = np.nan_to_num((groups / d).astype(np.float64), nan=0.0)
    magnitude = np.floor(np.abs(quotient) + 0.5)  # exact: float64 holds a float32 plus one half
    return np.where(d == 0, 0, np.copysign(magnitude, quotient)).astype(np.int8)


def _butterfly_sum(groups: NDArray[np.float32]) -> NDArray[np.float32]:
    lanes = np.arange(groups.shape[1])
    total = groups
    for distance in BUTTERFLY:
        total = total + total[:, lanes ^ distance]
    return total[:, :1]


def unpack(rows: Bytes) -> tuple[Floats, Floats]:
    """(decoded values d*q of shape (rows, padded columns), stored half sums of shape (rows, padded columns / 32))."""
    blocks = rows.reshape(-1, FORMAT.bytes)
    codes = FORMAT.field(blocks, "qs").view(np.int8)
    values = halves(FORMAT.field(blocks, "d")) * codes
    sums = halves(FORMAT.field(blocks, "s"))
    return values.reshape(len(rows), -1), sums.reshape(len(rows), -1)
