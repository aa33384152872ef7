"""Reads. Every function is a fixed number of SQL statements, however many kernels there are."""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from db import models as m
from db.cells import Attempt, CellBuild, cell
from db.record import RESOURCES
from db.views import (
    ArchStatus,
    BuildAttempt,
    Evidence,
    KernelFacts,
    KernelStatus,
    Location,
    Message,
    Resources,
    RunRecord,
    SourceFile,
)
from kernels.contracts import VERSIONS
from kernels.names import identify

CellKey = tuple[str, str]
"""(symbol, arch)."""

IN_ORDER = (m.Source.position, m.Kernel.id)
"""Kernels as scanned: sources in the scan's order, then by place in the source."""

Record = Any
"""A result row: its columns are attributes, whatever the statement selected."""


def status(engine: Engine, archs: Sequence[str]) -> list[KernelStatus]:
    """The matrix: one row per CUDA kernel in scanned order, then the HIP kernels that pair with none."""
    with _no_collection(), engine.connect() as connection:
        cuda, hip = _by_symbol(connection, "cuda"), _by_symbol(connection, "hip")
        pairs = connection.execute(
            select(m.Pair.cuda_symbol, m.Pair.hip_symbol, m.Pair.differences).order_by(m.Pair.id)
        )
        known = [(cuda.get(c), hip.get(h), tuple(differences)) for c, h, differences in pairs.all()]
        builds = cell_builds(connection, archs)
        evidence = _holding(connection, archs, builds)
        return [
            _kernel_status(of, port, differences, _cells(port, archs, builds, evidence))
            for of, port, differences in known
            if of or port
        ]


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


def cell_builds(connection: Connection, archs: Sequence[str]) -> dict[CellKey, CellBuild]:
    """For every HIP kernel and arch the build its cell speaks of.

    That is the newest of the present source; a good one outlives a failed one, for a neighbour in the same file may
    have broken that. Where the present source was never built, the newest build of all.
    """
    homes = _homes(connection)
    attempts = _attempts(connection)
    b = m.BuiltKernel
    figures = (getattr(b, name) for name in RESOURCES)
    statement = select(b.symbol, b.arch, b.build_id, b.fingerprint, b.code_hash, *figures)
    rows: Sequence[Record] = connection.execute(statement.where(b.arch.in_(archs)).order_by(b.id)).all()
    best: dict[CellKey, tuple[int, Record]] = {}
    for row in rows:
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


def _homes(connection: Connection) -> dict[str, tuple[str, str]]:
    """Where each HIP kernel is: (source, present fingerprint), of the first source that has the symbol."""
    statement = select(m.Kernel.symbol, m.Source.path, m.Kernel.fingerprint).join(m.Source)
    found: dict[str, tuple[str, str]] = {}
    for symbol, path, fingerprint in connection.execute(statement.where(m.Source.side == "hip").order_by(*IN_ORDER)):
        found.setdefault(symbol, (path, fingerprint))
    return found


def _attempts(connection: Connection) -> dict[int, Attempt]:
    """Every build that came to its end: few, but with long texts, hence not joined to every kernel's row."""
    b = m.Build
    statement = select(b.id, b.source, b.outcome, b.output, b.assembly, b.code_object, b.toolchain)
    rows: Sequence[Record] = connection.execute(statement.where(b.outcome != "cancelled")).all()
    return {id: Attempt(*rest) for id, *rest in rows}


def evidence(engine: Engine, symbol: str, arch: str | None = None) -> list[Evidence]:
    """Every check ever made of a HIP kernel, newest first."""
    statement = select(m.Evidence).where(m.Evidence.symbol == symbol).order_by(m.Evidence.id.desc())
    with engine.connect() as connection:
        if arch is not None:
            statement = statement.where(m.Evidence.arch == arch)
        rows = connection.execute(statement).all()
        builds = cell_builds(connection, sorted({row.arch for row in rows}))
        emulator = _emulator(connection)
    return [_evidence(row, builds.get((row.symbol, row.arch)), emulator) for row in rows]


def holding(engine: Engine, archs: Sequence[str]) -> dict[CellKey, list[Evidence]]:
    """Per cell the evidence that speaks of its present code and contract, newest first; see `_holding`."""
    with engine.connect() as connection:
        return _holding(connection, archs, cell_builds(connection, archs))


def durations(engine: Engine) -> dict[CellKey, float]:
    """Seconds that the newest check of each kernel took on each arch."""
    e = m.Evidence
    newest = select(func.max(e.id)).where(e.effort != "case").group_by(e.symbol, e.arch)
    with engine.connect() as connection:
        rows = connection.execute(select(e.symbol, e.arch, e.seconds).where(e.id.in_(newest))).all()
    return {(symbol, arch): seconds for symbol, arch, seconds in rows}


def counts(engine: Engine, side: str, path: str) -> tuple[int, int]:
    """How many kernels and parser errors a scanned source has."""
    here = select(m.Source.id).where(m.Source.side == side, m.Source.path == path).scalar_subquery()
    of_kernels = select(func.count()).where(m.Kernel.source_id == here).scalar_subquery()
    serious = m.Diagnostic.severity.in_(("error", "fatal"))
    of_errors = select(func.count()).where(m.Diagnostic.source_id == here, serious).scalar_subquery()
    with engine.connect() as connection:
        kernels, errors = connection.execute(select(of_kernels, of_errors)).one()
    return kernels, errors


def sources(engine: Engine, side: str | None = None) -> list[SourceFile]:
    """The scanned files and the files of recorded inventories, by side and path."""
    statement = select(m.Source).order_by(m.Source.side, m.Source.path, m.Source.origin)
    if side:
        statement = statement.where(m.Source.side == side)
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
        needs = connection.execute(select(m.Dependency.source_id, m.Dependency.path, m.Dependency.sha256)).all()
    dependencies = defaultdict(list)
    for source_id, path, sha256 in needs:
        dependencies[source_id].append((path, sha256))
    return [
        SourceFile(
            row.side,
            row.path,
            row.origin,
            row.sha256,
            row.arguments,
            tuple(row.helpers),
            tuple(row.structs),
            tuple(dependencies[row.id]),
        )
        for row in rows
    ]


def kernels(engine: Engine, side: str, symbol: str | None = None) -> list[KernelFacts]:
    """The kernels of a side as scanned, in scanned order; with `symbol` only those of that symbol."""
    statement = (
        select(m.Source.path.label("source"), m.Source.origin, m.Kernel)
        .join(m.Source)
        .where(m.Source.side == side)
        .order_by(*IN_ORDER)
    )
    if symbol is not None:
        statement = statement.where(m.Kernel.symbol == symbol)
    with engine.connect() as connection:
        return [_facts(side, row) for row in connection.execute(statement)]


def diagnostics(engine: Engine) -> list[Message]:
    """What the parser had to say, by source and line."""
    d = m.Diagnostic
    statement = select(m.Source.path, d.severity, d.path, d.line, d.column, d.message).join(m.Source)
    with engine.connect() as connection:
        return [Message(*row) for row in connection.execute(statement.order_by(m.Source.path, d.id))]


def builds(engine: Engine, source: str, arch: str, limit: int = 1) -> list[BuildAttempt]:
    """The newest attempts to build a source for an arch, newest first."""
    b = m.Build
    statement = select(b).where(b.source == source, b.arch == arch).order_by(b.id.desc()).limit(limit)
    with engine.connect() as connection:
        rows: Sequence[Record] = connection.execute(statement).all()
    return [
        BuildAttempt(
            row.id,
            row.source,
            row.arch,
            row.toolchain,
            tuple(row.commands),
            row.returncode,
            row.output,
            row.seconds,
            row.cached,
            row.assembly,
            row.code_object,
            row.outcome,
            row.created,
        )
        for row in rows
    ]


def runs(engine: Engine, verb: str | None = None, limit: int = 100) -> list[RunRecord]:
    """The history of actions, newest first."""
    r = m.Run
    statement = select(r.id, r.verb, r.started, r.finished, r.good, r.message, r.options, r.summary)
    if verb:
        statement = statement.where(r.verb == verb)
    with engine.connect() as connection:
        return [RunRecord(*row) for row in connection.execute(statement.order_by(r.id.desc()).limit(limit))]


def snapshot(engine: Engine, run_id: int) -> dict[str, dict[str, str]] | None:
    """The matrix in words as it was after a run: {symbol: {"port": state, arch: state}}; None where none was kept."""
    s = m.Snapshot
    statement = select(s.states).where(s.run_id <= run_id).order_by(s.run_id.desc()).limit(1)
    with engine.connect() as connection:
        return connection.execute(statement).scalar()


@cache
def current_contract(symbol: str) -> str:
    """Family and version of the contract that evidence about `symbol` must have been made with; "" for none."""
    name = identify(symbol)
    return f"{name.family}/{VERSIONS[name.family]}" if name and name.family in VERSIONS else ""


def _emulator(connection: Connection) -> str | None:
    """The device name of the present emulator, see `open_database`."""
    name: str | None = connection.get_execution_options().get("emulator")
    return name


def _current_device(kind: str, name: str, emulator: str | None) -> bool:
    return kind != "emulator" or emulator is None or name == emulator


def _by_symbol(connection: Connection, side: str) -> dict[str | None, Record]:
    """The first kernel of each symbol; columns: symbol, path, line, macro_line."""
    k = m.Kernel
    statement = select(k.symbol, k.path, k.line, k.macro_line).join(m.Source).where(m.Source.side == side)
    found: dict[str | None, Record] = {}
    for row in connection.execute(statement.order_by(*IN_ORDER)):
        found.setdefault(row.symbol, row)
    return found


def _holding(
    connection: Connection, archs: Sequence[str], builds: dict[CellKey, CellBuild]
) -> dict[CellKey, list[Evidence]]:
    """Per cell the newest evidence for its code hash per device, effort and seed, newest first.

    Single cases (`verify --case`) are kept for reading but decide nothing: they are not the contract's whole set.
    """
    e = m.Evidence
    newest = (
        select(func.max(e.id))
        .where(e.arch.in_(archs), e.effort != "case")
        .group_by(
            e.symbol, e.arch, e.code_hash, e.contract, e.device_kind, e.device_name, e.device_target, e.effort, e.seed
        )
    )
    columns = [getattr(e, each.name) for each in fields(Evidence) if each.name not in ("holds", "cost")]
    statement = select(e.symbol, *columns).where(e.id.in_(newest)).order_by(e.id.desc())
    rows: Sequence[Record] = connection.execute(statement).all()
    make: Callable[..., Evidence] = Evidence  # by position: by name it would take twice as long
    holding: dict[CellKey, list[Evidence]] = defaultdict(list)
    emulator = _emulator(connection)
    for symbol, *values in rows:
        _, arch, code_hash, _, kind, device, _, contract, *_ = values
        build = builds.get((symbol, arch))
        present = contract == current_contract(symbol) and _current_device(kind, device, emulator)
        if build is not None and code_hash == build.code_hash and present:
            holding[symbol, arch].append(make(*values, True))
    return holding


def _cells(
    port: Record | None,
    archs: Sequence[str],
    builds: dict[CellKey, CellBuild],
    evidence: dict[CellKey, list[Evidence]],
) -> dict[str, ArchStatus]:
    if port is None:
        return {arch: cell("", None, ()) for arch in archs}
    symbol = port.symbol
    return {arch: cell(symbol, builds.get((symbol, arch)), evidence.get((symbol, arch), ())) for arch in archs}


def _kernel_status(
    of: Record, port: Record, differences: tuple[str, ...], cells: dict[str, ArchStatus]
) -> KernelStatus:
    symbol = (of or port).symbol
    name = identify(symbol)
    return KernelStatus(
        symbol=symbol,
        family=name.family if name else "",
        type=name.type if name else "",
        batch=name.batch if name else None,
        baseline=Location(of.path, of.line, of.macro_line) if of else None,
        port="missing" if port is None else "drifted" if differences else "ported",
        port_symbol=port.symbol if port else None,
        port_location=Location(port.path, port.line, port.macro_line) if port else None,
        differences=differences if port else (),
        archs=cells,
    )


def _evidence(row: Record, build: CellBuild | None, emulator: str | None) -> Evidence:
    columns = {name: getattr(row, name) for name in row._fields if name != "symbol"}
    present = row.contract == current_contract(row.symbol) and _current_device(
        row.device_kind, row.device_name, emulator
    )
    return Evidence(**columns, holds=present and build is not None and row.code_hash == build.code_hash)


def _facts(side: str, row: Record) -> KernelFacts:
    columns: dict[str, Any] = {name: getattr(row, name) for name in row._fields if name not in ("id", "source_id")}
    for name in ("template_arguments", "helpers", "structs"):
        columns[name] = tuple(columns[name])
    columns["parameters"] = tuple((name, type) for name, type in columns["parameters"])
    return KernelFacts(side=side, **columns)
