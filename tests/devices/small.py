"""Work that a stand-in can be timed with."""

from collections.abc import Iterator

import numpy as np

from kernels.names import KernelName
from kernels.workloads import Work


def works(name: KernelName, rng: np.random.Generator) -> Iterator[Work]:
    """One launch of 64 blocks."""
    blocks, size, unit = 64, {"q5_1": 24, "q4_0": 18}[name.type], {"q5_1": 1, "q4_0": 32}[name.type]
    values = {"vx": rng.integers(0, 60, blocks * size).astype(np.uint8), "k": 32 * blocks // unit}
    yield Work(name, "64 blocks", (blocks, 1, 1), (32, 1, 1), values, "vx", 4 * 32 * blocks)
