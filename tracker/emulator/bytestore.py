"""Little-endian loads and stores of many elements at once in an array of bytes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Words = list[NDArray[np.uint32]]

_PADDING = 64


class ByteStore:
    """`size` bytes, zero at first. Positions are byte offsets, in bounds by the caller's care, of any alignment."""

    def __init__(self, size: int) -> None:
        padded = (size + _PADDING) // 16 * 16
        self.bytes = np.zeros(padded, np.uint8)
        self._halves, self._words = self.bytes.view(np.uint16), self.bytes.view(np.uint32)

    def load(self, at: Positions, size: int) -> Words:
        """The `size` bytes at each position: one zero-extended array for 1 and 2 bytes, else one per 4 bytes."""
        if size == 1:
            return [self.bytes.take(at).astype(np.uint32)]
        low = int(np.bitwise_or.reduce(at, axis=None)) & 3
        if size == 2:
            return [self._half(at, low).astype(np.uint32)]
        count = size // 4
        if low == 0:
            index = at >> 2
            return [self._words[k:].take(index) for k in range(count)]
        if low == 2:
            index = at >> 1
            halves = [self._halves[k:].take(index) for k in range(2 * count)]
            return [_join(halves[2 * k], halves[2 * k + 1]) for k in range(count)]
        return [self._unaligned_word(at + 4 * k) for k in range(count)]

    def store(self, at: Positions, size: int, values: list[Any]) -> None:
        """Write the low `size` bytes of each value; among equal positions the last one stays."""
        if size == 1:
            self.bytes[at] = values[0].astype(np.uint8)
            return
        low = int(np.bitwise_or.reduce(at, axis=None)) & 3
        if size == 2 and not low & 1:
            self._halves[at >> 1] = values[0].astype(np.uint16)
        elif size >= 4 and low == 0:
            index = at >> 2
            for k, value in enumerate(values):
                self._words[k:][index] = value
        else:
            self._store_bytes(at, size, values)

    def _half(self, at: Positions, low: int) -> NDArray[np.uint16]:
        if not low & 1:
            return self._halves.take(at >> 1)
        return self.bytes.take(at).astype(np.uint16) | (self.bytes.take(at + 1).astype(np.uint16) << np.uint16(8))

    def _unaligned_word(self, at: Positions) -> NDArray[np.uint32]:
        # The aligned words on both sides, shifted together.
        index, shift = at >> 2, ((at & 3) << 3).astype(np.uint64)
        both = self._words.take(index).astype(np.uint64)
        both |= self._words[1:].take(index).astype(np.uint64) << np.uint64(32)
        return (both >> shift).astype(np.uint32)

    def _store_bytes(self, at: Positions, size: int, values: list[Any]) -> None:
        for k in range(size):
            self.bytes[at + k] = (values[k // 4] >> np.uint32(8 * (k % 4))).astype(np.uint8)


def _join(low: NDArray[np.uint16], high: NDArray[np.uint16]) -> NDArray[np.uint32]:
    word = high.astype(np.uint32)
    word <<= np.uint32(16)
    word |= low
    return word
