"""Scratch: private bytes of each lane, kept across barriers.

Layout as in hardware's swizzle: dword N of all lanes lies together, so that an access at a fixed offset is one row.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.memory import AccessError

_WRITTEN = np.uint32(0x01010101)


class Scratch:
    """`size` bytes per lane for `waves` x `lanes` lanes, noise at first."""

    def __init__(self, waves: int, lanes: int, size: int, seed: int) -> None:
        self.size, self.lanes = size, waves * lanes
        self._complete = [False] * ((size + 3) // 4 + 1)
        """Dwords that every lane has written."""
        shape = ((size + 3) // 4 + 1, self.lanes)
        self.checks_written = True
        """Whether reads of never-written bytes are errors."""
        self._words = np.random.default_rng(seed).integers(0, 1 << 32, shape, np.uint32)
        self._written = np.zeros(shape, np.uint32)
        self._rows = list(self._words.reshape(-1, waves, lanes))

    def reset(self) -> None:
        """Everything counts as never written again."""
        self._written[:] = 0
        self._complete = [False] * len(self._complete)

    def rows(self, offset: int, size: int) -> list[NDArray[np.uint32]] | None:
        """Whole dwords at an aligned offset, shape (waves, lanes) each, for reading and for writing by some lanes; None
        where a lane has not written all of them, or they are not all inside."""
        first, stop = offset >> 2, (offset + size) >> 2
        if offset < 0 or offset + size > self.size or not all(self._complete[first:stop]):
            return None
        return self._rows[first:stop]

    def load(self, offset: Any, lanes: Any, size: int) -> list[NDArray[np.uint32]]:
        """`size` bytes at `offset` (an int, or an int64 array with one element per lane) of the lanes (a slice or
        indices). Raises AccessError."""
        self._check_bounds(offset, size)
        if isinstance(offset, int) and offset % 4 == 0 and size >= 4:
            return [self._load_row(offset // 4 + k, lanes) for k in range(size // 4)]
        parts = [self._load_byte(offset + k, lanes) for k in range(size)]
        words = []
        for first in range(0, size, 4):
            word = parts[first]
            for k, part in enumerate(parts[first + 1 : first + 4], 1):
                word = word | (part << np.uint32(8 * k))
            words.append(word)
        return words

    def store(self, offset: Any, lanes: Any, size: int, values: list[Any]) -> None:
        """The counterpart of `load`; values are uint32 arrays. Raises AccessError for offsets outside."""
        self._check_bounds(offset, size)
        if isinstance(offset, int) and offset % 4 == 0 and size >= 4:
            for k, value in enumerate(values):
                self._words[offset // 4 + k][lanes] = value
                self._written[offset // 4 + k][lanes] = _WRITTEN
                if isinstance(lanes, slice):
                    self._complete[offset // 4 + k] = True
            return
        for k in range(size):
            self._store_byte(offset + k, lanes, values[k // 4] >> np.uint32(8 * (k % 4)))

    def _check_bounds(self, offset: Any, size: int) -> None:
        if isinstance(offset, int) and 0 <= offset <= self.size - size:
            return
        bad = np.atleast_1d((np.asarray(offset) < 0) | (np.asarray(offset) + size > self.size))
        if bad.any():
            element = int(np.argmax(bad))
            at = int(np.atleast_1d(offset)[element])
            what = f"{size} bytes at offset {at} of scratch ({self.size} bytes per lane)"
            raise AccessError(element, "out of bounds", what)

    def _load_row(self, row: int, lanes: Any) -> NDArray[np.uint32]:
        good = self._written[row][lanes]
        if self.checks_written and int(np.minimum.reduce(good)) != _WRITTEN:
            self._fail(int(np.argmin(good)), 4 * row)
        value: NDArray[np.uint32] = self._words[row][lanes]
        return value

    def _columns(self, lanes: Any) -> Any:
        return np.arange(self.lanes)[lanes]

    def _load_byte(self, at: Any, lanes: Any) -> NDArray[np.uint32]:
        where = self._place(at, lanes)
        good = self._written.view(np.uint8)[where] == 1
        if self.checks_written and not good.all():
            element = int(np.argmin(good))
            self._fail(element, int(np.atleast_1d(at)[element if np.ndim(at) else 0]))
        value: NDArray[np.uint32] = self._words.view(np.uint8)[where].astype(np.uint32)
        return value

    def _store_byte(self, at: Any, lanes: Any, value: Any) -> None:
        where = self._place(at, lanes)
        self._words.view(np.uint8)[where] = (value & np.uint32(255)).astype(np.uint8)
        self._written.view(np.uint8)[where] = 1

    def _place(self, at: Any, lanes: Any) -> Any:
        return at // 4, 4 * self._columns(lanes) + at % 4

    def _fail(self, element: int, offset: int) -> None:
        what = f"1 byte at offset {offset} of scratch, which nothing has written"
        raise AccessError(element, "uninitialised read", what)
