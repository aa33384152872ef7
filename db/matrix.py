"""The matrix as plain SQL: it is what every start waits for, and SQLAlchemy would be most of that wait.

Statements are SQLite's; `Select` runs them on whatever connection there is. Everything else goes through SQLAlchemy.
"""

import gc
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import Any, TypeVar

from db.address import Address
from db.cells import Attempt, CellBuild, cell
from db.schema import HEAD, RESOURCES
from db.views import NO_CELL, NO_COST, ArchStatus, Evidence, KernelStatus, Location, Resources, SourceFile
from kernels.contracts import VERSIONS
from kernels.names import identify

Select = Callable[[str, Sequence[str]], Iterable[Any]]
"""Runs a statement with its parameters and gives its rows as tuples."""
CellKey = tuple[str, str]
"""(symbol, arch)."""
Place = tuple[str, str, int, int | None, int, str]
"""(symbol, path, line, macro_line, lines, name)."""

IN_ORDER = "order by s.position, k.id"
"""Kernels as scanned: sources in the scan's order, then by place in the source."""
PLACES = f"""
    select k.symbol, k.path, k.line, k.macro_line, k.lines, k.name from kernels k join sources s on s.id = k.source_id
    where s.side = ? {IN_ORDER}"""
HOMES = f"""
    select k.symbol, s.path, k.fingerprint from kernels k join sources s on s.id = k.source_id
    where s.side = 'hip' {IN_ORDER}"""
PAIRS = "select cuda_symbol, hip_symbol, differences from pairs order by id"
ATTEMPTS = """
    select id, source, outcome, output, assembly, code_object, toolchain from builds where outcome != 'cancelled'"""
BUILT = f"""
    select symbol, arch, build_id, fingerprint, code_hash, {", ".join(RESOURCES)}
    from built_kernels where arch in ({{archs}}) order by id"""
COLUMNS = tuple(name for name in Evidence._fields if name not in ("holds", "cost", "host"))
"""Of evidence, in the view's order: what both leave out comes last."""
CHECKS = f"""
    select symbol, arch, {", ".join(COLUMNS)} from evidence where arch in ({{archs}}) and effort != 'case'
    order by id desc"""
CODE_HASH, KIND, CONTRACT, WORST, FAILING = (
    2 + COLUMNS.index(name) for name in ("code_hash", "device_kind", "contract", "worst", "failing")
)
"""Columns of `CHECKS`, the last two hold JSON."""
TARGETS = "select distinct arch from builds"
"""Among them a GPU's own target id, such as `gfx90a:sramecc+:xnack-`; its builds belong to the column of its arch."""
SOURCES = """
    select id, side, path, origin, sha256, arguments, helpers, structs from sources order by side, path, origin"""
NEEDS = "select source_id, path, sha256 from dependencies order by source_id, path"


Result = TypeVar("Result")


def direct(database: Address, read: Callable[[Select], Result]) -> Result | None:
    """Read one state of a SQLite file that is there, has the present schema and can be read just so.

    None where it cannot: then it is to be opened properly, which tells what is wrong.
    """
    if isinstance(database, str):
        return None
    try:
        with closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as opened:
            opened.execute("begin")  # one state of the database for all statements
            revision = opened.execute("select version_num from alembic_version").fetchone()
            return read(opened.execute) if revision == (HEAD,) else None
    except sqlite3.Error:
        return None


def read(database: Address, archs: Sequence[str], emulator: str | None) -> list[KernelStatus] | None:
    """The matrix of a file as `direct` takes it, else None.

    `emulator`: see `db.engine.open_database`.
    """
    return direct(database, lambda select: status(select, archs, emulator))


def status(select: Select, archs: Sequence[str], emulator: str | None) -> list[KernelStatus]:
    """One row per CUDA kernel in scanned order, then the HIP kernels that pair with none."""
    with _no_collection():
        cuda, hip = _first(select(PLACES, ("cuda",))), _first(select(PLACES, ("hip",)))
        builds = cell_builds(select, archs)
        evidence = holding(select, archs, builds, emulator)
        found = []
        for cuda_symbol, hip_symbol, differences in select(PAIRS, ()):
            of, port = cuda.get(cuda_symbol), hip.get(hip_symbol)
            if of or port:
                cells = _cells(port[0] if port else None, archs, builds, evidence)
                found.append(_kernel_status(of, port, differences, cells))
        return found


def cell_builds(select: Select, archs: Sequence[str]) -> dict[CellKey, CellBuild]:
    """For every HIP kernel and arch the build its cell speaks of; the same for every target id of those archs.

    That is the newest of the present source; a good one outlives a failed one, for a neighbour in the same file may
    have broken that. Where the present source was never built, the newest build of all. An arch that was only ever
    built for a GPU's own target id has that build.
    """
    homes = _first(select(HOMES, ()))
    # Attempts are few, but with long texts: hence not joined to every kernel's row.
    attempts = {id: Attempt(*rest) for id, *rest in select(ATTEMPTS, ())}
    sources = {id: attempt.source for id, attempt in attempts.items()}

    def merit(row: Any) -> int:
        return 0 if row[3] != homes[row[0]][2] else 2 if row[4] else 1

    ids = (target.partition(":") for (target,) in select(TARGETS, ()))
    targets = ["".join(parts) for parts in ids if parts[2] and parts[0] in archs]
    rows = select(_for(BUILT, (*archs, *targets)), (*archs, *targets))
    own = [row for row in rows if row[0] in homes and sources.get(row[2]) == homes[row[0]][1]]
    best = {row[:2]: row for row in sorted(own, key=merit)}  # of equals the last, which is the newest
    for key in [key for key in best if key[1] in targets]:
        shown = key[0], key[1].partition(":")[0]
        if shown not in best or merit(best[shown]) < merit(best[key]) > 0:
            best[shown] = best[key]
    return {
        key: CellBuild(row[4], merit(row) > 0, Resources._make(row[5:]) if row[4] else None, attempts[row[2]])
        for key, row in best.items()
    }


def homes(select: Select) -> dict[str, str]:
    """The source of every HIP kernel."""
    return {symbol: path for symbol, (_, path, _) in _first(select(HOMES, ())).items()}


def speaks_of(builds: Mapping[CellKey, CellBuild], symbol: str, check: Evidence) -> bool:
    """Whether a check is one of the cell's present code.

    A GPU may have run code built for its own target id, from the same source as the cell's build.
    """
    if check.device_kind == "cuda" and not check.arch.startswith("sm_"):
        return False
    shown, exact = builds.get((symbol, check.arch)), builds.get((symbol, check.device_target))
    if shown is not None and shown.code_hash == check.code_hash:
        return True
    fresh_enough = exact is not None and (exact.fresh or shown is None or not shown.fresh)
    return exact is not None and fresh_enough and exact.code_hash == check.code_hash


def holding(
    select: Select, archs: Sequence[str], builds: Mapping[CellKey, CellBuild], emulator: str | None
) -> dict[CellKey, list[Evidence]]:
    """Per cell the newest evidence for its code hash per device, effort and seed, newest first.

    Single cases (`verify --case`) are kept for reading but decide nothing: they are not the contract's whole set.
    """
    hashes = {key: build.code_hash for key, build in builds.items()}
    rows = [
        row
        for row in select(_for(CHECKS, archs), tuple(archs))
        if (hashes.get(row[:2]) == row[CODE_HASH] or row[KIND] != "emulator")
        and row[CONTRACT] == current_contract(row[0])
    ]
    found: dict[CellKey, list[Evidence]] = defaultdict(list)
    for row, worst, failing in zip(rows, _documents(rows, WORST), _documents(rows, FAILING), strict=True):
        check = Evidence._make((*row[2:WORST], worst, failing, *row[FAILING + 1 :], True, NO_COST, ""))
        of_cell = check.device_kind == "emulator" or speaks_of(builds, row[0], check)
        if of_cell and current_device(check.device_kind, check.device_name, emulator):
            found[row[:2]].append(check)
    return {key: checks if len(checks) == 1 else _newest(checks) for key, checks in found.items()}


def _documents(rows: Iterable[Any], column: int) -> list[Any]:
    """What the JSON of a column says, read as one document: thousands of small ones would take three times as long."""
    documents: list[Any] = json.loads(f"[{','.join([row[column] or 'null' for row in rows])}]")
    return documents


def _newest(checks: Iterable[Evidence]) -> list[Evidence]:
    """The first of each kind."""
    kinds: dict[tuple[object, ...], Evidence] = {}
    for each in checks:
        kinds.setdefault((each.device_kind, each.device_name, each.device_target, each.effort, each.seed), each)
    return list(kinds.values())


def sources(select: Select) -> list[SourceFile]:
    """The scanned files and the files of recorded inventories, by side and path."""
    needs: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for source_id, path, sha256 in select(NEEDS, ()):
        needs[source_id].append((path, sha256))
    return [
        SourceFile(side, path, origin, sha256, arguments, _texts(helpers), _texts(structs), tuple(needs[id]))
        for id, side, path, origin, sha256, arguments, helpers, structs in select(SOURCES, ())
    ]


def _texts(document: str) -> tuple[str, ...]:
    return tuple(json.loads(document))


@cache
def current_contract(symbol: str) -> str:
    """Family and version of the contract that evidence about `symbol` must have been made with; "" for none."""
    name = identify(symbol)
    return f"{name.family}/{VERSIONS[name.family]}" if name and name.family in VERSIONS else ""


def current_device(kind: str, name: str, emulator: str | None) -> bool:
    """Whether evidence of such a device still counts: of emulators only the present one's does."""
    return kind != "emulator" or emulator is None or name == emulator


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the cycle collector, which would walk all of a large matrix again and again while it grows."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _for(statement: str, archs: Sequence[str]) -> str:
    return statement.format(archs=", ".join("?" * len(archs)) or "null")


def _first(rows: Iterable[Any]) -> dict[str, Any]:
    """The first row of each symbol, which is the first column."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row[0], row)
    return found


def _cells(
    port: str | None,
    archs: Sequence[str],
    builds: Mapping[CellKey, CellBuild],
    evidence: Mapping[CellKey, list[Evidence]],
) -> dict[str, ArchStatus]:
    if port is None:
        return dict.fromkeys(archs, NO_CELL)
    keys = [(port, arch) for arch in archs]
    return {key[1]: cell(port, builds.get(key), evidence.get(key, ())) for key in keys}


def _kernel_status(
    of: Place | None, port: Place | None, differences: str, cells: dict[str, ArchStatus]
) -> KernelStatus:
    either = of or port
    symbol = either[0] if either else ""
    differing = _texts(differences) if port and differences != "[]" else ()
    name = identify(symbol)
    return KernelStatus(
        symbol=symbol,
        family=name.family if name else "",
        type=name.type if name else "",
        batch=name.batch if name else None,
        baseline=Location(*of[1:4]) if of else None,
        port="missing" if port is None else "drifted" if differing else "ported",
        port_symbol=port[0] if port else None,
        port_location=Location(*port[1:4]) if port else None,
        differences=differing,
        archs=cells,
        lines=of[4] if of else 0,
        name=either[5] if either else "",
    )
