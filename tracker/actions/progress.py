"""How far the port is: by phase, in kernels and in lines of the CUDA kernels' own definitions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from db.views import KernelStatus
from tracker.actions.compare import words

PORTED = "ported"
COMPILED, CHECKED, VERIFIED = "compiled", "emulated or verified", "verified"
REACHED: Mapping[str, frozenset[str]] = {
    COMPILED: frozenset({"compiled", "emulation failed", "emulated", "verify failed", "verified"}),
    CHECKED: frozenset({"emulated", "verified"}),
    VERIFIED: frozenset({"verified"}),
}
"""States in which a cell has come through a phase. Stale cells have come through none."""


@dataclass(frozen=True)
class Phase:
    """How many CUDA kernels have come so far. `arch` is "" for the port itself."""

    name: str
    arch: str
    done: int
    total: int
    lines: int | None = None
    """Lines of those kernels' definitions; None where the inventory does not know them."""
    of_lines: int | None = None


def phases(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Iterator[Phase]:
    """The port, then each arch's phases. CUDA kernels only."""
    asked = [kernel for kernel in kernels if kernel.baseline]
    yield _phase(PORTED, "", [kernel for kernel in asked if kernel.port == PORTED], asked)
    for arch in archs:
        states = [(words(kernel.archs[arch]), kernel) for kernel in asked]
        for name, accepted in REACHED.items():
            yield _phase(name, arch, [kernel for state, kernel in states if state in accepted], asked)


def _phase(name: str, arch: str, done: Sequence[KernelStatus], asked: Sequence[KernelStatus]) -> Phase:
    lines = (_lines(done), _lines(asked)) if all(kernel.lines for kernel in asked) else (None, None)
    return Phase(name, arch, len(done), len(asked), *lines)


def _lines(kernels: Sequence[KernelStatus]) -> int:
    return sum(kernel.lines for kernel in kernels)


def share(done: int, total: int) -> str:
    """Per cent, rounded down to a tenth, so that only all of them are 100 %."""
    return f"{1000 * done // total / 10:g} %" if total else "–"
