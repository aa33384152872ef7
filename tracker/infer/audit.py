"""Every launch of a run beside what its kernel's contract expects of the very same input.

Whole logits cannot tell a wrong kernel from a right one to seven digits: a value that lies near the middle between two
q8_1 codes may be rounded the other way for a difference in its last bit, and from there on everything is a little
different. One launch can.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contracts import oracle, q8_1, real
from kernels.contracts.formats import Bytes
from tracker.gguf.reader import Tensor

Singles = NDArray[np.float32]
ELEMENTS = 1 << 18
"""Weights that are decoded to judge one product, in whole rows."""


@dataclass
class Audit:
    """`worst`: the largest error of a product by what its contract allows. `wrong`: kernels that strayed farther."""

    launches: int = 0
    worst: float = 0.0
    wrong: tuple[str, ...] = ()

    def product(self, symbol: str, weights: Tensor, y: Bytes, stored: bool, got: Singles) -> None:
        """A product of q8_1 rows, by oracle C (`stored`: see there). Rows of large weights are sampled."""
        chosen = real.sample(weights.rows, weights.columns, ELEMENTS)
        decoded = oracle.decode_rows(weights.kind, weights.blocks()[chosen])
        expected = oracle.expectation("dst", oracle.q8_1_product(decoded, y, stored), weights.columns)
        error = np.abs(got[:, chosen].reshape(-1) - expected.reference)
        allowed = np.asarray(expected.scale) * (expected.bound or 0.0)
        ratio = np.divide(error, allowed, out=np.where(error == 0, 0.0, np.inf), where=allowed > 0)
        self.worst = max(self.worst, float(ratio.max()))
        self._count(symbol, bool(np.all(ratio <= 1)))

    def quantized(self, symbol: str, x: Singles, got: Bytes) -> None:
        """Rows of activations, bit for bit."""
        self._count(symbol, np.array_equal(got, q8_1.quantize(x)))

    def rows(self, symbol: str, expected: NDArray[np.float64], got: Singles) -> None:
        """Rows of a table, bit for bit."""
        self._count(symbol, np.array_equal(got, expected.astype(np.float32)))

    def _count(self, symbol: str, right: bool) -> None:
        self.launches += 1
        if not right and symbol not in self.wrong:
            self.wrong = (*self.wrong, symbol)
