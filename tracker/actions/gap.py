"""Gap: what the CUDA side has and the port lacks: kernels, block structures, helper functions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from db import queries
from db.views import Finding, KernelFacts, KernelStatus
from tracker.actions.callers import caller_gap
from tracker.actions.hazards import SEVERITIES
from tracker.actions.pairs import first_of_each
from tracker.actions.store import open_store
from tracker.config import Project
from tracker.scan.callers.compare import CallerGap
from tracker.scan.pairing import RenameRules

PORTS = ("ported", "drifted", "missing")
NameState = Literal["present", "missing", "replaced", "unused"]
"""`present`: the HIP side has the name. Else `missing`: a kernel that is not ported needs it; `replaced`: all kernels
that need it are ported without it; `unused`: no kernel needs it."""


@dataclass(frozen=True)
class Group:
    """The CUDA kernels of one family and type."""

    family: str
    type: str
    ported: tuple[str, ...]
    drifted: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return len(self.ported) + len(self.drifted) + len(self.missing)


@dataclass(frozen=True)
class Name:
    """A struct or device function of the CUDA side. `waiting` counts the unported kernels that need it, by family."""

    name: str
    state: NameState
    needed_by: int
    waiting: Mapping[str, int]
    types: tuple[str, ...]
    """Quant types of the kernels that need it."""


@dataclass(frozen=True)
class Waiting:
    """What a rule found in CUDA code of kernels that are not ported yet, and nobody acknowledged."""

    rule: str
    severity: str
    title: str
    places: int
    kernels: int
    """Of those that are not ported."""


@dataclass(frozen=True)
class Gap:
    """The whole answer. Every CUDA kernel is in one group, every name of the CUDA side in one list."""

    groups: tuple[Group, ...]
    structs: tuple[Name, ...]
    helpers: tuple[Name, ...]
    callers: CallerGap | None
    """None when no Rust source was scanned."""
    hazards: tuple[Waiting, ...]
    lines: Mapping[str, int] | None
    """Lines of the CUDA kernels' definitions by state of the port; None where the inventory does not know them."""


def gap(project: Project) -> Gap:
    """What is missing. Raises UsageError when the project was never scanned."""
    engine = open_store(project, read_only=True)
    rows = [row for row in queries.status(engine, ()) if row.baseline]
    kernels = first_of_each(queries.kernels(engine, "cuda"))
    cuda, hip = queries.sources(engine, "cuda"), queries.sources(engine, "hip")
    statuses = {row.symbol: row for row in rows}
    structs = _names(
        _union(source.structs for source in cuda),
        _union(source.structs for source in hip),
        project.rename,
        _users(kernels, "structs", statuses),
    )
    helpers = _names(
        _union(source.helpers for source in cuda),
        _union(source.helpers for source in hip),
        project.rename,
        _users(kernels, "helpers", statuses),
    )
    unported = {row.symbol for row in rows if row.port != "ported"}
    hazards = _waiting(queries.findings(engine, unported), unported)
    return Gap(_groups(rows), structs, helpers, caller_gap(project, engine), hazards, _lines(rows))


def _lines(rows: Sequence[KernelStatus]) -> dict[str, int] | None:
    if not all(row.lines for row in rows):
        return None
    return {state: sum(row.lines for row in rows if row.port == state) for state in PORTS}


def _waiting(found: Iterable[Finding], unported: set[str]) -> tuple[Waiting, ...]:
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for each in found:
        if each.side == "cuda" and each.acknowledged is None:
            by_rule[each.rule].append(each)
    rows = [
        Waiting(rule, places[0].severity, places[0].title, len(places), len(unported & _union_of_kernels(places)))
        for rule, places in by_rule.items()
    ]
    return tuple(sorted(rows, key=lambda row: (SEVERITIES.index(row.severity), -row.kernels)))


def _union_of_kernels(found: Iterable[Finding]) -> set[str]:
    return {kernel for each in found for kernel in each.kernels}


def _groups(rows: Sequence[KernelStatus]) -> tuple[Group, ...]:
    members: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        members[row.family, row.type][row.port].append(row.symbol)
    return tuple(
        Group(family, type, tuple(by["ported"]), tuple(by["drifted"]), tuple(by["missing"]))
        for (family, type), by in members.items()
    )


def _union(lists: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for names in lists for name in names})


def _users(
    kernels: Sequence[KernelFacts], what: Literal["structs", "helpers"], statuses: Mapping[str, KernelStatus]
) -> dict[str, list[KernelStatus]]:
    users: dict[str, list[KernelStatus]] = defaultdict(list)
    for kernel in kernels:
        for name in getattr(kernel, what):
            if kernel.symbol in statuses:
                users[name].append(statuses[kernel.symbol])
    return users


def _names(
    cuda: Sequence[str],
    hip: Sequence[str],
    rename: Sequence[tuple[str, str]],
    users: Mapping[str, Sequence[KernelStatus]],
) -> tuple[Name, ...]:
    there = set(hip)
    return tuple(_name(name, _has(name, there, rename), users.get(name, ())) for name in cuda)


def _has(name: str, there: set[str], rename: Sequence[tuple[str, str]]) -> bool:
    return any(candidate in there for candidate in RenameRules(tuple(rename)).candidates(name))


def _name(name: str, present: bool, users: Sequence[KernelStatus]) -> Name:
    waiting = Counter(user.family for user in users if user.port != "ported")
    state: NameState = "present" if present else "missing" if waiting else "replaced" if users else "unused"
    types = dict.fromkeys(user.type for user in users if user.type)
    return Name(name, state, len(users), dict(waiting), tuple(types))
