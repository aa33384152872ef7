"""Bytes before and behind every buffer that no kernel may touch."""

import numpy as np
from numpy.typing import NDArray

from tracker.devices.protocol import Overwrite

SIZE = 256
"""Bytes of a zone; a multiple of every alignment that kernels may count on."""
PATTERN = 0xA5
LIMIT = 16
"""Overwrites named per buffer."""


def surround(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The buffer with a zone on either side; shape (SIZE + n + SIZE,)."""
    zone = np.full(SIZE, PATTERN, np.uint8)
    return np.concatenate([zone, data, zone])


def content(surrounded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The buffer between its zones, shape (n,)."""
    return surrounded[SIZE:-SIZE].copy()


def overwrites(name: str, surrounded: NDArray[np.uint8]) -> list[Overwrite]:
    """The first changed bytes of the zones of buffer `name`."""
    changed = surrounded != PATTERN
    changed[SIZE:-SIZE] = False
    return [Overwrite(name, int(at) - SIZE) for at in np.flatnonzero(changed)[:LIMIT]]
