"""Bytes before and behind every buffer that no kernel may touch."""

import numpy as np
from numpy.typing import NDArray

from tracker.devices.protocol import Overwrite

SIZE = 256
"""Bytes of a zone; a multiple of every alignment that kernels may count on."""
PATTERN = 0xA5
LIMIT = 16
"""Overwrites named per buffer."""


def surround(data: NDArray[np.uint8], skew: int) -> NDArray[np.uint8]:
    """The buffer with a zone on either side; shape (SIZE + skew + n + SIZE,)."""
    before, behind = (np.full(size, PATTERN, np.uint8) for size in (SIZE + skew, SIZE))
    return np.concatenate([before, data, behind])


def content(surrounded: NDArray[np.uint8], skew: int) -> NDArray[np.uint8]:
    """The buffer between its zones, shape (n,)."""
    return surrounded[SIZE + skew : -SIZE].copy()


def overwrites(name: str, surrounded: NDArray[np.uint8], skew: int) -> list[Overwrite]:
    """The first changed bytes of the zones of buffer `name`."""
    changed = surrounded != PATTERN
    changed[SIZE + skew : -SIZE] = False
    return [Overwrite(name, int(at) - SIZE - skew) for at in np.flatnonzero(changed)[:LIMIT]]
