"""One sign, word and colour per state, used by every view. A sign alone tells the state: colour only repeats it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.views import NO_CELL, KernelStatus
from tracker.actions.compare import STALE as STALE_WORD


@dataclass(frozen=True)
class Sign:
    """How a state looks. `style` is Textual markup, so that a theme decides the colour."""

    mark: str
    word: str
    style: str
    meaning: str


STATES: dict[str, Sign] = {
    "missing": Sign("–", "missing", "$foreground-disabled", "no HIP kernel answers to this CUDA kernel"),
    "drifted": Sign("≠", "drifted", "$text-warning", "the name is there, but the parameters differ"),
    "ported": Sign("=", "ported", "$foreground", "name and parameters agree"),
    "extra": Sign("+", "extra", "$foreground-muted", "a HIP kernel that no CUDA kernel asked for"),
    "none": Sign("·", "not built", "$foreground-muted", "ported, but not compiled for this architecture yet"),
    "unsupported": Sign("⊘", "unsupp.", "$foreground-muted", "toolchain, device or contract cannot do it"),
    "build failed": Sign(
        "✗", "build", "bold $text-error", "the compiler refused it, or the symbol is not in what it made"
    ),
    "compiled": Sign("○", "compiled", "$foreground", "the symbol is in the code object; nothing executed it yet"),
    "emulation failed": Sign("✗", "emulate", "bold $text-error", "a case failed on the emulator"),
    "emulated": Sign("◐", "emulated", "$text-primary", "all cases passed on the emulator; no device has confirmed it"),
    "verify failed": Sign("✗", "verify", "bold $text-error", "a case failed on a real device"),
    "verified": Sign("●", "verified", "bold $text-success", "all cases passed on a real device"),
}
"""Every state, the least advanced first: the order that sorting uses."""

RANK = {state: rank for rank, state in enumerate(STATES)} | {"stale": 4.5}
"""Stale is a little more than not built."""
FAILED = frozenset({"build failed", "emulation failed", "verify failed"})
STALE = Sign("~", "stale", "$text-warning", "made before the sources changed: it says nothing about them now")
GROUP_ORDER = ("verified", "emulated", "compiled", "unsupported", "none", "drifted", "missing")
"""Order of the states in a summary, after the failures."""


def mark_of(words: str) -> str:
    """The sign of a state in words as `compare.words` gives it, `~` before that of a stale one."""
    state = words.removesuffix(STALE_WORD)
    return (STALE.mark if state != words else "") + STATES[state].mark


def port_state(kernel: KernelStatus) -> str:
    """How the port stands: a HIP kernel without a CUDA one counts as extra, not as ported."""
    return kernel.port if kernel.baseline else "extra"


def ported(kernels: Iterable[KernelStatus]) -> tuple[int, int]:
    """How many CUDA kernels are ported, of how many."""
    asked = [kernel.port for kernel in kernels if kernel.baseline]
    return asked.count("ported"), len(asked)


def cell_state(kernel: KernelStatus, arch: str) -> str:
    """The state that a cell of the matrix shows: the port's own state as long as nothing could be built."""
    found = kernel.archs.get(arch, NO_CELL)
    if found.state == "none" and kernel.port != "ported":
        return kernel.port
    return found.state


def is_stale(kernel: KernelStatus, arch: str) -> bool:
    """True when the cell speaks of sources that are no longer the ones at hand."""
    found = kernel.archs.get(arch, NO_CELL)
    return found.state != "none" and not found.fresh


def stale_kernels(kernels: Iterable[KernelStatus], archs: Sequence[str]) -> set[str]:
    """Symbols of kernels with a stale cell."""
    return {kernel.symbol for kernel in kernels if any(is_stale(kernel, arch) for arch in archs)}


TOGGLES = ("missing", "drifted", "none", "compiled", "emulated", "verified", "failed", "stale")
"""Entries of the legend, in its order. `failed` gathers the three failures."""


LEGEND = dict.fromkeys(FAILED, "failed")


def shown_state(kernel: KernelStatus, arch: str) -> str:
    """The state that counts: a stale cell is `stale` and nothing else."""
    found = kernel.archs.get(arch, NO_CELL)
    if found.state == "none":
        return "none" if kernel.port == "ported" else kernel.port
    return found.state if found.fresh else "stale"


def legend_states(states: Mapping[str, str], archs: Sequence[str]) -> set[str]:
    """The entries of the legend that a kernel with these shown states counts under."""
    return {LEGEND.get(states[arch], states[arch]) for arch in archs}


def legend_counts(kernels: Iterable[Mapping[str, str]], archs: Sequence[str]) -> dict[str, int]:
    """Kernels per entry of the legend; one with different cells counts under several."""
    return Counter(entry for states in kernels for entry in legend_states(states, archs))


def summary(counts: Mapping[str, int]) -> list[tuple[Sign, int]]:
    """Signs with their counts, failures first, then the most advanced. All failures share one sign."""
    failed = sum(count for state, count in counts.items() if state in FAILED)
    found = [(STATES["build failed"], failed)] if failed else []
    if counts.get("stale"):
        found.append((STALE, counts["stale"]))
    return found + [(STATES[state], counts[state]) for state in GROUP_ORDER if counts.get(state)]
