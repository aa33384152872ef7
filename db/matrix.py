"""The matrix as plain SQL: it is what every start waits for, and SQLAlchemy would be most of that wait.

Statements are SQLite's; `Select` runs them on whatever connection there is. Everything else goes through SQLAlchemy.
"""

import gc
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from db.cells import Attempt, CellBuild, cell
from db.schema import HEAD, RESOURCES
from db.views import ArchStatus, Evidence, KernelStatus, Location, Resources
from kernels.contracts import VERSIONS
from kernels.names import identify

Select = Callable[[str, Sequence[str]], Iterable[Any]]
"""Runs a statement with its parameters and gives its rows as tuples."""
CellKey = tuple[str, str]
"""(symbol, arch)."""
Place = tuple[str, str, int, int | None]
"""(symbol, path, line, macro_line)."""

IN_ORDER = "order by s.position, k.id"
"""Kernels as scanned: sources in the scan's order, then by place in the source."""
PLACES = f"""
    select k.symbol, k.path, k.line, k.macro_line from kernels k join sources s on s.id = k.source_id
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
COLUMNS = tuple(each.name for each in fields(Evidence) if each.name not in ("holds", "cost"))
"""Of evidence, in the dataclass's order."""
NEWEST = f"""
    select symbol, {", ".join(COLUMNS)} from evidence where id in (
        select max(id) from evidence where arch in ({{archs}}) and effort != 'case'
        group by symbol, arch, code_hash, contract, device_kind, device_name, device_target, effort, seed)
    order by id desc"""
JSON = tuple(1 + COLUMNS.index(name) for name in ("worst", "failing"))
"""Columns of `NEWEST` that hold JSON."""


def read(database: Path, archs: Sequence[str], emulator: str | None) -> list[KernelStatus] | None:
    """The matrix of a file that is there, has the present schema and can be read just so; else None: open it properly.

    `emulator`: see `db.engine.open_database`.
    """
    if not database.is_file():
        return None
    try:
        address = f"{database.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.execute("begin")  # one state of the database for all statements
            revision = connection.execute("select version_num from alembic_version").fetchone()
            return status(connection.execute, archs, emulator) if revision == (HEAD,) else None
    except sqlite3.Error:
        return None


def status(select: Select, archs: Sequence[str], emulator: str | None) -> list[KernelStatus]:
    """One row per CUDA kernel in scanned order, then the HIP kernels that pair with none."""
    with _no_collection():
        cuda, hip = _places(select, "cuda"), _places(select, "hip")
        builds = cell_builds(select, archs)
        evidence = holding(select, archs, builds, emulator)
        found = []
        for cuda_symbol, hip_symbol, differences in select(PAIRS, ()):
            of, port = cuda.get(cuda_symbol), hip.get(hip_symbol)
            if of or port:
                cells = _cells(port[0] if port else None, archs, builds, evidence)
                found.append(_kernel_status(of, port, tuple(json.loads(differences)), cells))
        return found


def cell_builds(select: Select, archs: Sequence[str]) -> dict[CellKey, CellBuild]:
    """For every HIP kernel and arch the build its cell speaks of.

    That is the newest of the present source; a good one outlives a failed one, for a neighbour in the same file may
    have broken that. Where the present source was never built, the newest build of all.
    """
    homes: dict[str, tuple[str, str]] = {}
    for symbol, path, fingerprint in select(HOMES, ()):
        homes.setdefault(symbol, (path, fingerprint))  # the first source that has the symbol
    # Attempts are few, but with long texts: hence not joined to every kernel's row.
    attempts = {id: Attempt(*rest) for id, *rest in select(ATTEMPTS, ())}
    best: dict[CellKey, tuple[int, Any]] = {}
    for row in select(_for(BUILT, archs), tuple(archs)):
        symbol, arch, build_id, fingerprint, code_hash, *_ = row
        source, present = homes.get(symbol, ("", ""))
        if build_id not in attempts or attempts[build_id].source != source:
            continue
        merit = 0 if fingerprint != present else 2 if code_hash else 1
        if merit >= best.get((symbol, arch), (0,))[0]:
            best[symbol, arch] = merit, row
    return {
        key: CellBuild(code_hash, merit > 0, Resources(*figures) if code_hash else None, attempts[build_id])
        for key, (merit, (_, _, build_id, _, code_hash, *figures)) in best.items()
    }


def holding(
    select: Select, archs: Sequence[str], builds: dict[CellKey, CellBuild], emulator: str | None
) -> dict[CellKey, list[Evidence]]:
    """Per cell the newest evidence for its code hash per device, effort and seed, newest first.

    Single cases (`verify --case`) are kept for reading but decide nothing: they are not the contract's whole set.
    """
    make: Callable[..., Evidence] = Evidence  # by position: by name it would take twice as long
    worst, failing = JSON
    found: dict[CellKey, list[Evidence]] = defaultdict(list)
    for row in select(_for(NEWEST, archs), tuple(archs)):
        symbol, _, arch, code_hash, _, kind, device, _, contract, *_ = row
        build = builds.get((symbol, arch))
        if build is None or code_hash != build.code_hash:
            continue
        if contract == current_contract(symbol) and current_device(kind, device, emulator):
            values = list(row)
            values[worst] = json.loads(values[worst])
            values[failing] = json.loads(values[failing]) if values[failing] else None
            found[symbol, arch].append(make(*values[1:], True))
    return found


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
    return statement.format(archs=", ".join("?" * len(archs)))


def _places(select: Select, side: str) -> dict[str | None, Place]:
    """The first kernel of each symbol."""
    found: dict[str | None, Place] = {}
    for row in select(PLACES, (side,)):
        found.setdefault(row[0], row)
    return found


def _cells(
    port: str | None,
    archs: Sequence[str],
    builds: dict[CellKey, CellBuild],
    evidence: dict[CellKey, list[Evidence]],
) -> dict[str, ArchStatus]:
    if port is None:
        return {arch: cell("", None, ()) for arch in archs}
    return {arch: cell(port, builds.get((port, arch)), evidence.get((port, arch), ())) for arch in archs}


def _kernel_status(
    of: Place | None, port: Place | None, differences: tuple[str, ...], cells: dict[str, ArchStatus]
) -> KernelStatus:
    symbol = (of or port or ("",))[0]
    name = identify(symbol)
    return KernelStatus(
        symbol=symbol,
        family=name.family if name else "",
        type=name.type if name else "",
        batch=name.batch if name else None,
        baseline=Location(*of[1:]) if of else None,
        port="missing" if port is None else "drifted" if differences else "ported",
        port_symbol=port[0] if port else None,
        port_location=Location(*port[1:]) if port else None,
        differences=differences if port else (),
        archs=cells,
    )
