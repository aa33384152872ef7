"""From entries and what the user asked to see to the rows of the matrix. Pure functions, no widgets."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from db.views import KernelStatus, Location
from tracker.signs import FAILED, RANK
from tracker.tui.entries import Entry
from tracker.tui.filtering import parse

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
    hidden: frozenset[str] = frozenset()
    """Columns that are not shown."""


PORT = ""
Counts = dict[str, Mapping[str, int]]
"""Of one group: per architecture kernels by state, and under `PORT` by the port's."""
Memo = dict[Hashable, Counts]
"""Counts by what decides a group's members. Holds for one state of the kernels."""


@dataclass(frozen=True)
class GroupRow:
    """A heading. `members` are all shown kernels below it, folded or not."""

    key: str
    title: str
    level: int
    members: tuple[Entry, ...]
    folded: bool
    counted: Counts = field(default_factory=dict, compare=False, repr=False)

    @property
    def kernels(self) -> list[KernelStatus]:
        """The members' statuses."""
        return [entry.kernel for entry in self.members]

    def tally(self, arch: str) -> Mapping[str, int]:
        """How many members stand in each state on one architecture."""
        return self._counts().get(arch, {})

    @property
    def ported(self) -> tuple[int, int]:
        """How many CUDA kernels among the members are ported, of how many."""
        ports = self._counts().get(PORT, {})
        return ports.get("ported", 0), sum(ports.values()) - ports.get("extra", 0)

    def _counts(self) -> Counts:
        if not self.counted:
            self.counted.update(tallies(self.members))
        return self.counted


def tallies(entries: Sequence[Entry]) -> Counts:
    """How many stand in each state: each kind is counted once, then what it stands for."""
    examples = {entry.kind: entry for entry in entries}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, count in Counter([entry.kind for entry in entries]).items():
        for name, state in {PORT: examples[kind].port, **examples[kind].states}.items():
            found[name][state] += count
    return {**found}


Row = GroupRow | Entry
"""A heading or a kernel."""


@dataclass(frozen=True)
class Arrangement:
    """The rows to draw and the columns that the filter leaves."""

    rows: tuple[Row, ...]
    total: GroupRow
    """A row for everything shown."""
    archs: tuple[str, ...]
    depth: int = 0
    """Levels of headings above the kernels."""

    def find(self, key: str | None) -> int | None:
        """The number of the row with this key."""
        return next((at for at, row in enumerate(self.rows) if row.key == key), None)

    @property
    def shown(self) -> list[KernelStatus]:
        """The kernels that passed the filter, in order."""
        return self.total.kernels


NOTHING = Arrangement((), GroupRow("", "all shown", 0, (), False), ())


class _Counts:
    """Finds the counts of a view's groups."""

    def __init__(self, memo: Memo, view: View) -> None:
        self._memo = memo
        self._scope = (view.filter, view.only, view.group, view.hidden)

    def of(self, key: str) -> Counts:
        """Those of the group with this key."""
        return self._memo.setdefault((*self._scope, key), {})


def arrange(entries: Sequence[Entry], view: View, archs: Sequence[str], memo: Memo | None = None) -> Arrangement:
    """Filter, sort, group and fold. `entries` come in natural order.

    Groups seen before take their counts from `memo`: another order or folding changes none.
    Raises `filtering.FilterError` when `view.filter` is not a filter.
    """
    seen = [arch for arch in archs if arch not in view.hidden] or archs
    wanted = parse(view.filter, seen, view.only)
    shown = list(filter(wanted.predicate, entries) if wanted.predicate else entries)
    if view.sort != "kernel":
        shown.sort(key=_column(view.sort))
    if view.reverse:
        shown.reverse()
    counts = _Counts({} if memo is None else memo, view)
    rows = tuple(_rows(shown, view, wanted.archs, counts))
    total = GroupRow("", "all shown", 0, tuple(shown), False, counts.of(""))
    depth = max((row.level + 1 for row in rows if isinstance(row, GroupRow)), default=0)
    return Arrangement(rows, total, wanted.archs, depth)


def fold(view: View, keys: Iterable[str], folded: bool) -> View:
    """The view with these groups folded or opened."""
    names = frozenset(keys)
    return replace(view, folded=view.folded | names if folded else view.folded - names)


def switch(view: View, state: str) -> View:
    """The view with one legend switch turned over."""
    return replace(view, only=view.only ^ {state})


def _column(name: str) -> Callable[[Entry], Any]:
    if name == "port":
        return lambda entry: RANK[entry.port]
    if name == "cuda":
        return lambda entry: _place(entry.kernel.baseline)
    if name == "hip":
        return lambda entry: _place(entry.kernel.port_location)
    return lambda entry: RANK[entry.states.get(name, "none")]


def _place(place: Location | None) -> tuple[str, int]:
    return (place.path, place.line) if place else ("", 0)


def _group_names(entries: Sequence[Entry], group: str, archs: Sequence[str]) -> list[str]:
    """The group of each entry."""
    if group == "family":
        return [entry.kernel.family or "other kernels" for entry in entries]
    if group == "file":
        places = [entry.kernel.baseline or entry.kernel.port_location for entry in entries]
        return [place.path if place else "no file" for place in places]
    examples = {entry.kind: entry.states for entry in entries}
    names = {kind: furthest_behind([states[arch] for arch in archs]) for kind, states in examples.items()}
    return [names[entry.kind] for entry in entries]


def furthest_behind(states: Sequence[str]) -> str:
    """The state to worry about first: a failure, then stale, else the least advanced."""
    if not FAILED.isdisjoint(states):
        return "failed"
    return "stale" if "stale" in states else min(states, key=RANK.__getitem__, default="none")


def _rows(shown: Sequence[Entry], view: View, archs: Sequence[str], counts: _Counts) -> Iterable[Row]:
    if view.group == "none":
        yield from shown
        return
    for name, members in _gather(shown, _group_names(shown, view.group, archs)):
        folded = name in view.folded
        yield GroupRow(name, name, 0, tuple(members), folded, counts.of(name))
        if not folded:
            yield from _below(name, members, view, counts)


def _below(name: str, members: Sequence[Entry], view: View, counts: _Counts) -> Iterable[Row]:
    """A family's kernels, under a heading per type where that gathers anything."""
    types = _gather(members, [entry.kernel.type for entry in members]) if view.group == "family" else []
    if len(types) in (0, 1, len(members)):
        yield from members
        return
    for type_name, entries in types:
        key = f"{name}/{type_name}"
        folded = key in view.folded
        yield GroupRow(key, type_name or "no type", 1, tuple(entries), folded, counts.of(key))
        if not folded:
            yield from entries


def _gather(entries: Iterable[Entry], names: Iterable[str]) -> list[tuple[str, list[Entry]]]:
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry, name in zip(entries, names, strict=True):
        groups[name].append(entry)
    return list(groups.items())
