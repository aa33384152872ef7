"""A kernel's view of its module's data: which objects it can reach, and at which addresses they lie."""

from collections.abc import Iterable, Iterator

import numpy as np

from tracker.emulator.faults import EmulationFault
from tracker.emulator.memory import BASE, Memory, layout
from tracker.emulator.objects import DataObject


class Image:
    """The data that one kernel can reach, at the addresses that it has in every launch.

    Raises EmulationFault (`launch error`) when something that the kernel refers to is not in the file.
    """

    def __init__(self, objects: dict[str, DataObject], symbols: Iterable[str]) -> None:
        self._objects = [_known(objects, name) for name in _reachable(objects, symbols)]
        sizes = [len(thing.content) for thing in self._objects]
        pointers = 8 * len(self._objects)
        starts = [BASE + start for start in layout([*sizes, pointers])[0]]
        self.addresses = {thing.name: start for thing, start in zip(self._objects, starts, strict=False)}
        """Address of each object's first byte."""
        self.pointers = {name: starts[-1] + 8 * number for number, name in enumerate(self.addresses)}
        """Where each object's address is written down (the global offset table)."""

    def memories(self) -> list[Memory]:
        """The content at the start of a launch, in the order in which a launch lays it out first."""
        if not self._objects:
            return []
        table = np.array(list(self.addresses.values()), np.uint64).view(np.uint8)
        return [*map(self._memory, self._objects), Memory("global offset table", table, "constant")]

    def _memory(self, thing: DataObject) -> Memory:
        content = thing.content.copy()
        for offset, size, symbol, addend in thing.references:
            value = (self.addresses[symbol] + addend) & ((1 << 8 * size) - 1)
            content[offset : offset + size] = value.to_bytes(size, "little")
        data = np.frombuffer(bytes(content), np.uint8)
        return Memory(thing.name, data, "constant" if thing.constant else "in")


def _reachable(objects: dict[str, DataObject], symbols: Iterable[str]) -> Iterator[str]:
    found: set[str] = set()
    waiting = sorted(set(symbols), reverse=True)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            yield name
            waiting += [symbol for _, _, symbol, _ in _known(objects, name).references]


def _known(objects: dict[str, DataObject], name: str) -> DataObject:
    thing = objects.get(name)
    if thing is None:
        raise EmulationFault("launch error", f"the code refers to {name}, which is no data object of its file")
    if thing.unknown:
        raise EmulationFault("launch error", f"the emulator cannot read {thing.unknown!r} in the data object {name}")
    return thing
