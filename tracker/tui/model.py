"""From statuses and what the user asked to see to the rows of the matrix. Pure functions, no widgets."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from db.views import KernelStatus
from tracker.tui.filtering import parse
from tracker.tui.signs import FAILED, RANK, cell_state, is_stale, port_state

GROUPINGS = ("family", "file", "state", "none")


@dataclass(frozen=True)
class View:
    """What the user asked for. `sort` is a column: `kernel`, `port`, `cuda`, `hip` or an architecture."""

    filter: str = ""
    only: frozenset[str] = frozenset()
    """Legend switches that are on; none means every state."""
    group: str = "family"
    sort: str = "kernel"
    reverse: bool = False
    folded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GroupRow:
    """A heading. `members` are all shown kernels below it, folded or not."""

    key: str
    title: str
    level: int
    members: tuple[KernelStatus, ...]
    folded: bool


@dataclass(frozen=True)
class KernelRow:
    """One kernel."""

    key: str
    kernel: KernelStatus
    level: int


Row = GroupRow | KernelRow


@dataclass(frozen=True)
class Arrangement:
    """The rows to draw, the kernels that passed the filter, and the columns it leaves."""

    rows: tuple[Row, ...]
    shown: tuple[KernelStatus, ...]
    total: int
    archs: tuple[str, ...]
    position: dict[str, int] = field(default_factory=dict, compare=False)
    """Row number by key."""


def arrange(kernels: Sequence[KernelStatus], view: View, archs: Sequence[str]) -> Arrangement:
    """Filter, sort, group and fold. `kernels` come in natural order.

    Raises `filtering.FilterError` when `view.filter` is not a filter.
    """
    wanted = parse(view.filter, archs, view.only)
    columns = wanted.archs
    shown = list(filter(wanted.predicate, kernels))
    if view.sort != "kernel":
        shown.sort(key=_column(view.sort))
    if view.reverse:
        shown.reverse()
    rows = tuple(_rows(shown, view, columns))
    return Arrangement(rows, tuple(shown), len(kernels), columns, {row.key: at for at, row in enumerate(rows)})


def kernel_key(kernel: KernelStatus) -> str:
    """Two files may define the same symbol: the key names both."""
    place = kernel.baseline or kernel.port_location
    return f"{kernel.symbol}@{place.path}" if place else kernel.symbol


def fold(view: View, keys: Iterable[str], folded: bool) -> View:
    """The view with these groups folded or opened."""
    names = frozenset(keys)
    return replace(view, folded=view.folded | names if folded else view.folded - names)


def switch(view: View, state: str) -> View:
    """The view with one legend switch turned over."""
    return replace(view, only=view.only ^ {state})


@cache
def _pieces(text: str) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, int(piece)) if piece.isdigit() else (1, piece) for piece in re.split(r"(\d+)", text) if piece)


def natural(kernel: KernelStatus) -> Any:
    """Sort key: family, type, then symbols with their numbers in numeric order."""
    return kernel.family, _pieces(kernel.type), _pieces(kernel.symbol)


def _column(name: str) -> Callable[[KernelStatus], Any]:
    if name == "port":
        return lambda kernel: RANK[port_state(kernel)]
    if name == "cuda":
        return lambda kernel: (kernel.baseline.path, kernel.baseline.line) if kernel.baseline else ("", 0)
    if name == "hip":
        return lambda kernel: (
            (kernel.port_location.path, kernel.port_location.line) if kernel.port_location else ("", 0)
        )
    return lambda kernel: (RANK[cell_state(kernel, name)], not is_stale(kernel, name))


def _group_name(kernel: KernelStatus, group: str, archs: Sequence[str]) -> str:
    if group == "family":
        return kernel.family or "other kernels"
    if group == "file":
        place = kernel.baseline or kernel.port_location
        return place.path if place else "no file"
    return furthest_behind(kernel, archs)


def furthest_behind(kernel: KernelStatus, archs: Sequence[str]) -> str:
    """The state to worry about first: a failure, then stale, else the least advanced cell."""
    states = [cell_state(kernel, arch) for arch in archs]
    if any(state in FAILED for state in states):
        return "failed"
    if any(is_stale(kernel, arch) for arch in archs):
        return "stale"
    return min(states, key=RANK.__getitem__, default=kernel.port)


def _rows(shown: Sequence[KernelStatus], view: View, archs: Sequence[str]) -> Iterable[Row]:
    if view.group == "none":
        yield from (KernelRow(kernel_key(kernel), kernel, 0) for kernel in shown)
        return
    for name, members in _gather(shown, lambda kernel: _group_name(kernel, view.group, archs)):
        folded = name in view.folded
        yield GroupRow(name, name, 0, tuple(members), folded)
        if not folded:
            yield from _below(name, members, view)


def _below(name: str, members: Sequence[KernelStatus], view: View) -> Iterable[Row]:
    """A family's kernels, under a heading per type where that gathers anything."""
    types = _gather(members, lambda kernel: kernel.type)
    if view.group != "family" or len(types) in (1, len(members)):
        yield from (KernelRow(kernel_key(kernel), kernel, 1) for kernel in members)
        return
    for type_name, kernels in types:
        key = f"{name}/{type_name}"
        folded = key in view.folded
        yield GroupRow(key, type_name or "no type", 1, tuple(kernels), folded)
        if not folded:
            yield from (KernelRow(kernel_key(kernel), kernel, 2) for kernel in kernels)


def _gather(
    kernels: Iterable[KernelStatus], name: Callable[[KernelStatus], str]
) -> list[tuple[str, list[KernelStatus]]]:
    groups: dict[str, list[KernelStatus]] = {}
    for kernel in kernels:
        groups.setdefault(name(kernel), []).append(kernel)
    return list(groups.items())
