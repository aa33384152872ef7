"""Global memory: the buffers of a launch and the kernarg segment in one address space, every access checked."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tracker.emulator.bytestore import ByteStore, Positions, Words
from tracker.emulator.owners import Owners, Ticket

BASE = 0x7E40_1230_0000
"""Address of the first byte of the address space; far from 0 and not representable in 32 bits."""

AccessKind = Literal["out of bounds", "uninitialised read", "write to constant", "race"]

_FOUR_WRITTEN = np.uint32(0x01010101)

_GAP = 1 << 20
"""Unmapped bytes around every region, so that an access just outside hits nothing."""


@dataclass(frozen=True)
class Memory:
    """A buffer. `data`: one-dimensional uint8 array; bytes of an `out` buffer count as never written; nobody may write
    to a `constant` one. It starts `skew` bytes behind a multiple of 256."""

    name: str
    data: NDArray[np.uint8]
    role: Literal["in", "out", "constant"]
    skew: int = 0


def layout(sizes: Iterable[int]) -> tuple[list[int], int]:
    """Where regions of these sizes start, one behind the other, and the end of the address space."""
    starts, end = [], _GAP
    for size in sizes:
        starts.append(end)
        end = (end + size + _GAP + 255) // 256 * 256
    return starts, end


class AccessError(Exception):
    """An access that must not be: which element of the positions, and what is wrong with it."""

    def __init__(self, element: int, kind: AccessKind, what: str) -> None:
        super().__init__(what)
        self.element, self.kind, self.what = element, kind, what


@dataclass
class _Region:
    memory: Memory
    start: int
    end: int
    unwritten: bool
    """Some of its bytes may never have been written."""


class GlobalMemory:
    """All regions of one launch. Positions are addresses less `BASE`."""

    def __init__(self, memories: list[Memory], group_waves: int, *, inverted: bool = False) -> None:
        """`inverted` flips all bits of `out` buffers: other content that nobody may rely on."""
        self.checks_written = True
        """Whether reads of never-written bytes are errors."""
        boundaries, end = layout(memory.skew + memory.data.size for memory in memories)
        self._starts = [start + memory.skew for start, memory in zip(boundaries, memories, strict=True)]
        self._regions = [
            _Region(memory, start, start + memory.data.size, memory.role == "out" and memory.data.size > 0)
            for memory, start in zip(memories, self._starts, strict=True)
        ]
        self._store = ByteStore(end)
        self.owners = Owners(end, group_waves)
        self._written = np.zeros(end // 64 * 64 + 128, bool)
        for region in self._regions:
            content = region.memory.data
            self._store.bytes[region.start : region.end] = ~content if inverted and region.unwritten else content

    def address(self, memory: Memory) -> int:
        """Address of a buffer's first byte."""
        return next(BASE + r.start for r in self._regions if r.memory is memory)

    def fill(self, memory: Memory, content: bytes) -> None:
        """Replace the content of a buffer."""
        region = next(r for r in self._regions if r.memory is memory)
        self._store.bytes[region.start : region.end] = np.frombuffer(content, np.uint8)

    def content(self, memory: Memory) -> NDArray[np.uint8]:
        """A copy of a buffer's bytes as they are now."""
        region = next(r for r in self._regions if r.memory is memory)
        return self._store.bytes[region.start : region.end].copy()

    def outcome(self, memory: Memory) -> NDArray[np.uint16]:
        """What a run made of a buffer: its bytes; 256 for those of an `out` buffer that were never written."""
        region = next(r for r in self._regions if r.memory is memory)
        content = self.content(memory).astype(np.uint16)
        if memory.role == "out":
            content[~self._written[region.start : region.end]] = 256
        return content

    def load(self, at: Positions, size: int, by: Ticket | None = None) -> Words:
        """Checked `ByteStore.load`; with `by` races are noticed. Raises AccessError."""
        region = self._single(at, size)
        if region is None:
            self._check_each(at, size)
        elif region.unwritten and self.checks_written:
            self._check_written(at, size, region)
        if by is not None:
            self._refuse_race(self.owners.loading(at, size, by), at, size)
        return self._store.load(at, size)

    def store(self, at: Positions, size: int, values: list[Any], by: Ticket | None = None) -> None:
        """Checked `ByteStore.store`; with `by` races are noticed. Raises AccessError."""
        region = self.require_writable(at, size)
        if by is not None:
            self._refuse_race(self.owners.storing(at, size, values, by, self._store.load), at, size)
        self._store.store(at, size, values)
        if by is not None:
            self._refuse_race(self.owners.stored(at, size, values, by, self._store.load), at, size)
        if region is None or region.unwritten:
            self._mark(at, size)

    def require_writable(self, at: Positions, size: int) -> _Region | None:
        """Raise AccessError where nobody may write; return the region, if it is the same for all positions."""
        region = self._single(at, size)
        if region is None:
            for number in np.unique(self._check_inside(at, size)).tolist():
                self._refuse_constant(self._regions[number], at, size)
        else:
            self._refuse_constant(region, at, size)
        return region

    def _refuse_constant(self, region: _Region, at: Positions, size: int) -> None:
        if region.memory.role == "constant":
            element = int(np.argmax((at >= region.start) & (at < region.end)))
            where = self._describe(int(at.flat[element]), size)
            raise AccessError(element, "write to constant", f"store of {where}, which is constant")

    def _refuse_race(self, element: int | None, at: Positions, size: int) -> None:
        if element is not None:
            where = self._describe(int(at.flat[element]), size)
            raise AccessError(element, "race", f"{where}, which another wave writes in no order with this one")

    def _mark(self, at: Positions, size: int) -> None:
        if size >= 4 and not int(np.bitwise_or.reduce(at, axis=None)) & 3:
            words, index = self._written.view(np.uint32), at >> 2
            for k in range(size // 4):
                words[k:][index] = _FOUR_WRITTEN
            return
        for k in range(size):
            self._written[at + k] = True

    def _single(self, at: Positions, size: int) -> _Region | None:
        low, high = int(np.minimum.reduce(at, axis=None)), int(np.maximum.reduce(at, axis=None))
        index = bisect_right(self._starts, low) - 1
        if index < 0:
            return None
        region = self._regions[index]
        return region if high + size <= region.end else None

    def _owners(self, at: Positions) -> NDArray[np.intp]:
        return np.maximum(np.searchsorted(self._starts, at, side="right") - 1, 0)

    def _check_inside(self, at: Positions, size: int) -> NDArray[np.intp]:
        owner = self._owners(at)
        starts = np.array(self._starts)[owner]
        ends = np.array([region.end for region in self._regions])[owner]
        inside = (at >= starts) & (at + size <= ends)
        if not inside.all():
            element = int(np.argmin(inside))
            raise AccessError(element, "out of bounds", self._describe(int(at.flat[element]), size))
        return owner

    def _check_each(self, at: Positions, size: int) -> None:
        owner = self._check_inside(at, size)
        unwritten = np.array([region.unwritten for region in self._regions])[owner]
        if unwritten.any() and self.checks_written:
            elements = np.flatnonzero(unwritten)
            self._fail_unwritten(at.reshape(-1)[elements], size, elements)

    def _check_written(self, at: Positions, size: int, region: _Region) -> None:
        if self._written[region.start : region.end].all():
            region.unwritten = False
            return
        self._fail_unwritten(at, size, None)

    def _fail_unwritten(self, at: Positions, size: int, elements: Any) -> None:
        for k in range(size):
            good = self._written.take(at + k)
            if not good.all():
                worst = int(np.argmin(good))
                where = self._describe(int(at.flat[worst]) + k, 1)
                element = worst if elements is None else int(elements[worst])
                raise AccessError(element, "uninitialised read", f"{where}, which nothing has written")

    def _describe(self, position: int, size: int) -> str:
        if not self._regions:
            return f"address 0x{position + BASE:x}; the launch has no buffers"
        region = min(self._regions, key=lambda r: max(r.start - position, position + size - r.end, 0))
        offset, length = position - region.start, region.end - region.start
        if abs(offset) > length + _GAP:
            return f"{size} bytes at address 0x{(position + BASE) & (2**64 - 1):x}, far from every buffer"
        return f"{size} bytes at offset {offset} of buffer {region.memory.name} ({length} bytes)"
