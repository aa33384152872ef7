"""Work that a stand-in can be timed with."""

from collections.abc import Iterator

import numpy as np

from kernels.contracts import data, dequantize
from kernels.names import KernelName
from kernels.workloads import Work


def works(name: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    """One launch of 64 blocks."""
    blocks = data.weight_rows(name.type, ["random"] * 64, 1, rng)[:, 0]
    yield Work("64 blocks", dequantize.launch(name, blocks), "vx")
