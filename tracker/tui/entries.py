"""What filtering, sorting and counting ask of a kernel again and again, worked out once when it is loaded."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from db.views import KernelStatus
from tracker.signs import port_state, shown_state

DIGITS = re.compile(r"\d+")
WIDEST = 8
"""Digits that a number in a name is padded to for sorting."""


class Entry(NamedTuple):
    """One kernel of the matrix."""

    kernel: KernelStatus
    key: str
    """Names the kernel's row; two files may define the same symbol."""
    text: str
    """What a word of the filter is looked for in."""
    states: dict[str, str]
    """Per architecture the state that counts, see `signs.shown_state`."""
    port: str
    """The port's state, see `signs.port_state`."""
    kind: str
    """All states in one text: kernels of one kind are counted alike, and there are few kinds."""


def entries(kernels: Iterable[KernelStatus], archs: Sequence[str]) -> list[Entry]:
    """Kernels in natural order: by family, type and symbol, numbers in numeric order."""
    return sorted((_entry(kernel, archs) for kernel in kernels), key=_natural)


def _entry(kernel: KernelStatus, archs: Sequence[str]) -> Entry:
    states = {arch: shown_state(kernel, arch) for arch in archs}
    port = port_state(kernel)
    return Entry(kernel, kernel_key(kernel), searchable(kernel), states, port, " ".join((port, *states.values())))


def kernel_key(kernel: KernelStatus) -> str:
    """The key of a kernel's row."""
    place = kernel.baseline or kernel.port_location
    return f"{kernel.symbol}@{place.path}" if place else kernel.symbol


def searchable(kernel: KernelStatus) -> str:
    """Name, symbol, family and type, a line each, without regard to case."""
    named = f"{kernel.name}\n" if kernel.name != kernel.symbol else ""
    return f"{named}{kernel.symbol}\n{kernel.family}\n{kernel.type}".casefold()


@cache
def natural_name(text: str) -> str:
    """A sort key that puts `k9` before `k10`."""
    return DIGITS.sub(lambda match: match[0].zfill(WIDEST), text)


def _natural(entry: Entry) -> tuple[str, str, str]:
    kernel = entry.kernel
    return kernel.family, natural_name(kernel.type), natural_name(kernel.title)
