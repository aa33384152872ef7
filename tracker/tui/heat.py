"""The map: every kernel of the port as one cell, per architecture. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from db.views import KernelStatus
from tracker.actions.progress import REACHED, Phase, phases
from tracker.actions.progress import share as rounded
from tracker.signs import FAILED, STALE, STATES, shown_state, summary
from tracker.tui.describe import local_time
from tracker.tui.widgets.columns import Piece

Line = list[Piece]
LONGEST = 16
"""Kernels of one family and type side by side; more begin another line."""
LABEL = 7
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BACKGROUNDS = {
    "verified": "$success-muted",
    "emulated": "$primary-muted",
    "compiled": "$panel",
    "stale": "$warning-muted",
}


def lines(kernels: Sequence[KernelStatus], archs: Sequence[str], width: int) -> Iterator[Line]:
    """Bars, then for each architecture types down and families across, as many side by side as fit."""
    for arch in archs:
        yield bar(kernels, arch, width)
    families = list(dict.fromkeys(kernel.family for kernel in kernels))
    letters = {family: LETTERS[at % len(LETTERS)] for at, family in enumerate(families)}
    yield from _legend(kernels, letters, width)
    types = _by_type(kernels, families)
    block = sum(_width(types, family) + 1 for family in families) + 1
    zoom = 2 if LABEL + 2 * block * len(archs) <= width else 1
    fitting = max(1, (width - LABEL) // (zoom * block))
    for start in range(0, len(archs), fitting):
        yield from _row_of_blocks(types, letters, archs[start : start + fitting], zoom)
        yield []


def _legend(kernels: Sequence[KernelStatus], letters: dict[str, str], width: int) -> Iterator[Line]:
    """Letters and their families, as many in a line as fit."""
    line: Line = []
    for family, letter in letters.items():
        count = str(sum(kernel.family == family for kernel in kernels))
        entry: Line = [
            (f" {letter} ", "bold $text-primary"),
            (f"{family or 'other'} ", "$foreground"),
            (count + " ", "$foreground-muted"),
        ]
        if sum(len(text) for text, _ in line + entry) > width:
            yield line
            line = []
        line += entry
    yield line


Types = dict[str, dict[str, list[KernelStatus]]]
"""Type to family to kernels."""


def _by_type(kernels: Iterable[KernelStatus], families: Sequence[str]) -> Types:
    types: Types = {}
    for kernel in kernels:
        types.setdefault(kernel.type, {family: [] for family in families})[kernel.family].append(kernel)
    return dict(sorted(types.items()))


def _width(types: Types, family: str) -> int:
    return min(LONGEST, max(len(of[family]) for of in types.values()))


def _row_of_blocks(types: Types, letters: dict[str, str], archs: Sequence[str], zoom: int) -> Iterator[Line]:
    widths = {family: _width(types, family) for family in letters}
    block = zoom * sum(width + 1 for width in widths.values()) + 1
    yield [(" " * LABEL, ""), *((f"{arch:<{block}}", "bold $foreground") for arch in archs)]
    head = "".join(f"{letter:<{zoom * (widths[family] + 1)}}" for family, letter in letters.items())
    yield [(" " * LABEL, ""), *((f"{head:<{block}}", "$text-primary") for _ in archs)]
    for name, families in types.items():
        height = max(1, *(-(-len(kernels) // LONGEST) for kernels in families.values()))
        for part in range(height):
            line: Line = [(f"{name if part == 0 else '':<{LABEL}}", "$foreground-muted")]
            for arch in archs:
                for family, width in widths.items():
                    chunk = families[family][part * LONGEST : (part + 1) * LONGEST]
                    line += [_cell(kernel, arch, zoom) for kernel in chunk]
                    line.append((" " * zoom * (width - len(chunk) + 1), ""))
                line.append((" ", ""))
            yield line


def _cell(kernel: KernelStatus, arch: str, zoom: int) -> Piece:
    state = shown_state(kernel, arch)
    sign = STALE if state == "stale" else STATES[state]
    behind = "$error-muted" if state in FAILED else BACKGROUNDS.get(state, "$surface")
    return f"{sign.mark:<{zoom}}", f"{sign.style} on {behind}"


def bar(kernels: Sequence[KernelStatus], arch: str, width: int) -> Line:
    """One architecture's progress: verified and emulated apart, and no share rounded up."""
    counts = Counter(shown_state(kernel, arch) for kernel in kernels)
    total = max(1, len(kernels))
    room = max(10, width - 62)
    found: Line = [(f" {arch:<8}", "bold $foreground")]
    left = room
    for sign, count in summary(counts):
        size = (
            min(left, max(count > 0, room * count // total))
            if sign.word not in ("missing", "drifted", "not built")
            else 0
        )
        found.append(
            (("▒" if sign.word == "emulated" else "█" if sign.word == "verified" else sign.mark) * size, sign.style)
        )
        left -= size
    verified, emulated = counts.get("verified", 0), counts.get("emulated", 0)
    found.append(("─" * left, "$foreground-disabled"))
    found.append((f"  ● verified {share(verified, total)}", STATES["verified"].style))
    found.append((f"  ◐ emulated only {share(emulated, total)}", STATES["emulated"].style))
    return found


def shares(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Iterator[Line]:
    """How far the port is, of the kernels and, where the inventory knows them, of their CUDA definitions' lines."""
    port, *rest = phases(kernels, archs)
    title = " of kernels / lines " if port.of_lines else " of kernels "
    yield [(f"{title:<20}", "bold $foreground"), *((f" {name:<20}", "$foreground-muted") for name in REACHED)]
    yield [(f" {port.name:<19}", "$foreground"), (f" {_shares(port)}", "$foreground")]
    for arch in archs:
        found = [phase for phase in rest if phase.arch == arch]
        yield [(f" {arch:<19}", "$foreground"), *((f" {_shares(phase):<20}", "$foreground") for phase in found)]


def _shares(phase: Phase) -> str:
    kernels = rounded(phase.done, phase.total)
    return f"{kernels} / {rounded(phase.lines or 0, phase.of_lines)}" if phase.of_lines else kernels


def devices(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Iterator[Line]:
    """What the evidence stands on: cells per device, and when the newest was made."""
    cells = (kernel.archs[arch] for kernel in kernels for arch in archs if arch in kernel.archs)
    checks = [cell.evidence for cell in cells if cell.fresh and cell.evidence]
    if checks:
        yield [(f" newest check {local_time(max(check.created for check in checks))}", "$foreground-muted")]
    for name, number in Counter(check.device_name for check in checks).most_common():
        yield [(f" {number:>5} cells ", "$foreground"), (f"checked on {name}", "$foreground-muted")]


def share(count: int, total: int) -> str:
    """`13/142 9 %`; 100 % only when nothing is left."""
    return f"{count}/{total} {100 * count // max(1, total)} %"
