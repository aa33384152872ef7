"""`kerntrack status`: the matrix, by family or kernel by kernel."""

import gc
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from db.views import KernelStatus, Location
from tracker.actions.compare import words
from tracker.actions.progress import REACHED, Phase, phases, share
from tracker.actions.status import Matrix, load
from tracker.cli.documents import kernel_document, write_status
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_lines, print_listing, style
from tracker.errors import ExitCode
from tracker.selectors import Selection
from tracker.signs import STALE, STATES, mark_of

QUIET = ("none",)
"""States that the overview leaves out: it counts what was done."""


def run(
    session: Session, selector: Sequence[str], archs: Sequence[str] | None, format: str | None, everything: bool
) -> ExitCode:
    """Print the status; always good news, whatever it says."""
    gc.disable()  # the process ends before a collection could pay for walking a large matrix
    matrix = load(session.project(), archs)
    session.counts["kernels"] = len(matrix.kernels)
    warn_of_changes(session, matrix)
    if format or selector or everything:
        chosen = matrix.select(selector)
        session.counts["kernels"] = len(chosen.kernels)
        _print_kernels(session, chosen, matrix.archs, format or "table")
    else:
        session.stdout().print(overview(matrix.kernels, matrix.archs))
        if reached := progress(list(phases(matrix.kernels, matrix.archs)), matrix.archs):
            session.stdout().print(reached)
        session.stdout().print(Text(headline(matrix.kernels)))
        session.stderr().print(Text("`kerntrack status q5_1` lists the kernels of a type, --all all of them", "dim"))
    return ExitCode.GOOD


def _print_kernels(session: Session, chosen: Selection, archs: Sequence[str], format: str) -> None:
    if format == "json":
        write_status(sys.stdout, chosen.kernels, chosen.archs or archs)
    elif format == "jsonl":
        print_lines(kernel_document(kernel, chosen.archs or archs) for kernel in chosen.kernels)
    else:
        print_listing(session.stdout(), listing(chosen.kernels, chosen.archs), format)


def warn_of_changes(session: Session, matrix: Matrix) -> None:
    """Say on stderr when the sources are no longer those that the matrix speaks of."""
    if matrix.changed:
        files = ", ".join(matrix.changed[:3]) + (", …" if len(matrix.changed) > 3 else "")
        what = "1 scanned file has" if len(matrix.changed) == 1 else f"{len(matrix.changed)} scanned files have"
        message = f"{what} changed since ({files}): run `kerntrack scan`"
        session.stderr().print(Text(message, "yellow"), soft_wrap=True)


def headline(kernels: Sequence[KernelStatus]) -> str:
    """The one sentence: how much is ported."""
    ports = Counter(kernel.port if kernel.baseline else "extra" for kernel in kernels)
    total = ports.total() - ports["extra"]
    parts = [f"{ports['ported']} of {total} ported{_lines(kernels)}"]
    parts += [f"{ports[state]} {state}" for state in ("drifted", "missing") if ports[state]]
    if ports["extra"]:
        parts.append(f"{ports['extra']} HIP kernels that no CUDA kernel asked for")
    return ", ".join(parts)


def _lines(kernels: Sequence[KernelStatus]) -> str:
    port = next(phases(kernels, ()))
    return "" if port.of_lines is None else f" ({port.lines} of {port.of_lines} lines)"


def progress(found: Sequence[Phase], archs: Sequence[str]) -> Table | None:
    """Per arch the share of kernels, and of their lines, that came through each phase; None where there is none yet."""
    names = [name for name in REACHED if any(each.done for each in found if each.name == name)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("of the kernels / of their lines")
    for arch in archs:
        table.add_column(arch, justify="right")
    for name in names:
        table.add_row(name, *(_shares(each) for each in found if each.name == name))
    return table if names else None


def _shares(phase: Phase) -> str:
    kernels = share(phase.done, phase.total)
    known = phase.lines is not None and phase.of_lines is not None
    return f"{kernels} / {share(phase.lines or 0, phase.of_lines or 0)}" if known else kernels


def overview(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Table:
    """A row per family: counts of the port, and per arch of every state that was reached."""
    asked = [kernel for kernel in kernels if kernel.baseline]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    columns = (("family", "all"), ("kernels", str(len(asked))), ("ported", str(_ported(asked))))
    for heading, footer in columns:
        table.add_column(heading, footer, justify="left" if heading == "family" else "right")
    families: dict[str, list[KernelStatus]] = {}
    for kernel in asked:
        families.setdefault(kernel.family, []).append(kernel)
    states = {name: {arch: _states(members, arch) for arch in archs} for name, members in families.items()}
    total = {arch: sum((counts[arch] for counts in states.values()), Counter[str]()) for arch in archs}
    for arch in archs:
        table.add_column(arch, reached(total[arch]))
    for name, members in families.items():
        counts = (str(len(members)), str(_ported(members)))
        table.add_row(name or "other kernels", *counts, *(reached(states[name][arch]) for arch in archs))
    table.caption = legend(state for counts in total.values() for state in counts)
    table.caption_justify = "left"
    return table


def _states(kernels: Iterable[KernelStatus], arch: str) -> Counter[str]:
    """How many kernels' cells are in which state, in words."""
    return Counter([words(kernel.archs[arch]) for kernel in kernels])


def _ported(kernels: Iterable[KernelStatus]) -> int:
    return sum(kernel.port == "ported" for kernel in kernels)


def reached(counts: Mapping[str, int]) -> Text:
    """Counts of states with their signs, e.g. `◐ 11  ✗ 1`."""
    parts = [(f"{mark_of(state)} {counts[state]}", style(state)) for state in sorted(counts) if state not in QUIET]
    return Text("  ").join(Text(*part) for part in parts) if parts else Text("·", "dim")


def legend(states: Iterable[str]) -> str:
    """What the signs that occur mean."""
    found = set(states)
    plain = {state.removesuffix(" (stale)") for state in found}
    words = [f"{STATES[state].mark} {state}" for state in STATES if state in plain and state not in QUIET]
    return "  ".join([*words, f"{STALE.mark} stale"] if plain != found else words)


def listing(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Listing:
    """A row per kernel."""
    fixed = ("kernel", "family", "type", "batch", "lines", "port", "differences", "cuda", "hip")
    rows = tuple(
        (
            kernel.symbol,
            kernel.family,
            kernel.type,
            str(kernel.batch or ""),
            str(kernel.lines or ""),
            kernel.port,
            "; ".join(kernel.differences),
            place(kernel.baseline),
            place(kernel.port_location),
            *(words(kernel.archs[arch]) for arch in archs),
        )
        for kernel in kernels
    )
    hidden = frozenset({"family", "type", "batch", "lines", "differences", "cuda", "hip"})
    return Listing((*fixed, *archs), rows, frozenset({"port", *archs}), hidden)


def place(location: Location | None) -> str:
    """`path:line`, empty for a side that has no such kernel."""
    return f"{location.path}:{location.line}" if location else ""
