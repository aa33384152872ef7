"""Cases with weights from a model file in place of made up ones, and activations as a model's layers see them."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import dequantize, dequantize_mul_mat_vec, mul_mat_q8_1, mul_mat_vec_q8_1
from kernels.contracts.base import Case, Prepared
from kernels.contracts.data import Rng, Singles
from kernels.contracts.family import poisoned
from kernels.contracts.formats import Bytes, block_format
from kernels.names import KernelName

BATCH = 9
"""Activation rows for kernels that take any number."""
OUTLIER_CHANNELS, OUTLIER = 0.005, 20.0
"""Share of the channels that are large in every row, and how much larger (Dettmers et al. 2022, LLM.int8())."""


def activations(rows: int, columns: int, rng: Rng) -> Singles:
    """Rows as they leave RMSNorm: unit root mean square, normal, a few channels far larger; shape (rows, columns)."""
    values = rng.normal(size=(rows, columns)) * np.where(rng.random(columns) < OUTLIER_CHANNELS, OUTLIER, 1.0)
    unit: Singles = (values / np.sqrt(np.mean(values * values, axis=1, keepdims=True))).astype(np.float32)
    return unit


def sample(rows: int, columns: int, elements: int) -> NDArray[np.int64]:
    """Numbers of rows, first and last among them, of about so many elements in all; at least two where there are."""
    count = min(rows, max(2, elements // columns))
    return np.linspace(0, rows - 1, count).round().astype(np.int64)


def batch(kernel: KernelName) -> int:
    """Activation rows of the kernel's case."""
    return {"mul_mat_vec_q8_1": kernel.batch or 1, "mul_mat_q8_1": BATCH}.get(kernel.family, 1)


def case(kernel: KernelName, name: str, weights: Bytes, seed: int) -> Case:
    """The case of weights, shape (rows, blocks, bytes). Raises KeyError for a family that is not in `FAMILIES`."""
    build = _BUILD[kernel.family]

    @cache
    def prepared() -> Prepared:
        return build(kernel, weights, np.random.default_rng(seed))

    return Case(name, lambda poison: poisoned(prepared(), poison))


def _dequantize(kernel: KernelName, weights: Bytes, rng: Rng) -> Prepared:
    return dequantize.given(kernel, weights.reshape(-1, weights.shape[-1]))


def _product(given: Callable[[KernelName, Bytes, Singles], Prepared]) -> Callable[[KernelName, Bytes, Rng], Prepared]:
    def build(kernel: KernelName, weights: Bytes, rng: Rng) -> Prepared:
        columns = weights.shape[1] * block_format(kernel.type).elements
        return given(kernel, weights, activations(batch(kernel), columns, rng))

    return build


_BUILD: dict[str, Callable[[KernelName, Bytes, Rng], Prepared]] = {
    "dequantize": _dequantize,
    "dequantize_mul_mat_vec": _product(dequantize_mul_mat_vec.given),
    "mul_mat_vec_q8_1": _product(mul_mat_vec_q8_1.given),
    "mul_mat_q8_1": _product(mul_mat_q8_1.given),
}
FAMILIES = tuple(_BUILD)
"""Families whose kernels take one weight matrix."""
