"""What a product of quantized weights and activations must be, in float64, and how far float32 may stray from it."""

from dataclasses import dataclass

import numpy as np

from kernels.contracts import q8_1
from kernels.contracts.base import Expectation
from kernels.contracts.decode import Decoded, Floats, decode
from kernels.contracts.formats import Bytes, block_format

MEASURED_BOUND = 1e-6
"""Of `cw`; the largest value measured over all product kernels of candle on an H100 is 1.9e-7."""
UNIT_ROUNDOFF = 2.0**-24
ROUNDINGS = 4
"""Of one partial product before it joins the sum: scale times scale, times integer sum, times half sum, conversion."""


@dataclass(frozen=True)
class Product:
    """`reference` and `scale` (the denominator of cw) of shape (activation rows, weight rows)."""

    reference: Floats
    scale: Floats


def bound(terms: int) -> float:
    """Largest `cw` a float32 sum of so many partial products may have.

    A sum of n terms taken in any order, each term with r roundings, is off by at most (n - 1 + r) * 2**-24 times the
    sum of the terms' magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2, first order).
    For long sums that allows far more than sums spread over 32 lanes ever show, so the measured bound caps it.
    """
    return min(MEASURED_BOUND, (terms - 1 + ROUNDINGS) * UNIT_ROUNDOFF)


def expectation(buffer: str, product: Product, columns: int) -> Expectation:
    """What a float32 output buffer must hold. The finest partial product a q8_1 kernel has is a dot of four codes."""
    return Expectation(
        buffer, "float32", product.reference.reshape(-1), product.scale.reshape(-1), bound(columns // 4 + columns // 32)
    )


def decode_rows(kind: str, weights: Bytes) -> Decoded:
    """Decode weights of shape (rows, blocks, bytes) to rows of elements, shape (rows, columns)."""
    form = block_format(kind)
    shape = len(weights), weights.shape[1] * form.elements
    flat = decode(kind, weights.reshape(-1, form.bytes))
    return Decoded(flat.main.reshape(shape), flat.offset.reshape(shape))


def float_product(weights: Decoded, activations: Floats) -> Product:
    """Oracle B: the product with float activations of shape (rows, columns)."""
    magnitude = np.abs(weights.main) + np.abs(weights.offset)
    return Product(activations @ weights.value.T, np.abs(activations) @ magnitude.T)


def q8_1_product(weights: Decoded, activations: Bytes, stored_sum: bool) -> Product:
    """Oracle C: the product with decoded q8_1 rows of shape (rows, bytes).

    With `stored_sum` the additive part of the weights, constant over each 32 elements, multiplies the block's stored
    half sum instead of d*sum(q); an infinite one makes the product infinite or NaN. Where d underflows in half, the
    stored sum is larger than what it stands for: the scale then counts the sum itself.
    """
    columns = weights.main.shape[1]
    values, sums = q8_1.unpack(activations)
    values, sums = values[:, :columns], sums[:, : columns // 32]
    if not stored_sum:
        return float_product(weights, values)
    offset = weights.offset[:, ::32]
    reach = np.maximum(np.abs(values).reshape(len(values), -1, 32).sum(axis=2), np.abs(sums))
    with np.errstate(invalid="ignore"):  # a stored sum may be infinite
        return Product(
            values @ weights.main.T + sums @ offset.T,
            np.abs(values) @ np.abs(weights.main).T + reach @ np.abs(offset).T,
        )
