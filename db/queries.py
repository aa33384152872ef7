"""Reads. Every function is a fixed number of SQL statements, however many kernels there are."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select

from db import matrix, server, survey
from db import models as m
from db.cells import CellBuild
from db.findings import findings as findings
from db.matrix import CellKey, Result
from db.views import BuildAttempt, Caller, Evidence, KernelFacts, KernelStatus, Message, RunRecord, SourceFile, Timing

IN_ORDER = (m.Source.position, m.Kernel.id)
"""Kernels as scanned: sources in the scan's order, then by place in the source."""

Record = Any
"""A result row: its columns are attributes, whatever the statement selected."""


def status(engine: Engine, archs: Sequence[str]) -> list[KernelStatus]:
    """The matrix: one row per CUDA kernel in scanned order, then the HIP kernels that pair with none."""
    with engine.connect() as connection:
        return matrix.status(_select(connection), archs, _emulator(connection))


def cell_builds(connection: Connection, archs: Sequence[str]) -> dict[CellKey, CellBuild]:
    """For every HIP kernel and arch the build its cell speaks of, see `db.matrix`."""
    return matrix.cell_builds(_select(connection), archs)


def reading(engine: Engine, read: Callable[[matrix.Select], Result]) -> Result:
    """What a function of plain SQL (see `db.matrix`, `db.survey`) reads, in one state of the database."""
    with engine.connect() as connection:
        return read(_select(connection))


def _select(connection: Connection) -> matrix.Select:
    if connection.dialect.name == "postgresql":
        return lambda statement, parameters: server.select(connection, statement, parameters)
    return lambda statement, parameters: connection.exec_driver_sql(statement, tuple(parameters)).all()


def timings(engine: Engine, symbol: str) -> list[Timing]:
    """How long a kernel takes: the newest measurement per device, side and workload, newest first."""
    t = m.Timing
    statement = select(*(getattr(t, name) for name in Timing._fields)).where(t.symbol == symbol).order_by(t.id.desc())
    newest: dict[tuple[str, ...], Timing] = {}
    with engine.connect() as connection:
        for row in connection.execute(statement):
            timing = Timing(*row)
            place = (timing.device_name, timing.device_target, timing.side, timing.workload)
            newest.setdefault(place, timing)
    return list(newest.values())


def evidence(engine: Engine, symbol: str) -> list[Evidence]:
    """Every check ever made of a HIP kernel, newest first."""
    statement = select(m.Evidence).where(m.Evidence.symbol == symbol).order_by(m.Evidence.id.desc())
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
        builds = cell_builds(connection, sorted({row.arch for row in rows}))
        emulator = _emulator(connection)
    return [_evidence(row, builds, emulator) for row in rows]


def holding(engine: Engine, archs: Sequence[str]) -> dict[CellKey, list[Evidence]]:
    """Per cell the evidence that speaks of its present code and contract, newest first, see `db.matrix`."""
    with engine.connect() as connection:
        builds = cell_builds(connection, archs)
        return matrix.holding(_select(connection), archs, builds, _emulator(connection))


def durations(engine: Engine) -> dict[CellKey, float]:
    """Seconds that the newest check of each kernel took on each arch."""
    e = m.Evidence
    newest = select(func.max(e.id)).where(e.effort != "case").group_by(e.symbol, e.arch)
    with engine.connect() as connection:
        rows = connection.execute(select(e.symbol, e.arch, e.seconds).where(e.id.in_(newest))).all()
    return {(symbol, arch): seconds for symbol, arch, seconds in rows}


def sources(engine: Engine, side: str | None = None) -> list[SourceFile]:
    """The scanned files and the files of recorded inventories, by side and path."""
    return [source for source in reading(engine, matrix.sources) if side in (None, source.side)]


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
    return reading(engine, survey.diagnostics)


def callers(engine: Engine) -> list[Caller]:
    """Every kernel that the scanned Rust files ask for, by file and place."""
    c = m.Caller
    columns = [getattr(c, field.name) for field in fields(Caller)]
    statement = select(*columns).join(m.Source, m.Source.id == c.source_id).order_by(m.Source.position, c.id)
    with engine.connect() as connection:
        rows = connection.execute(statement).mappings().all()
    return [Caller(**{name: _tuple(value) for name, value in row.items()}) for row in rows]


def builds(engine: Engine, source: str, arch: str, limit: int = 1) -> list[BuildAttempt]:
    """The newest attempts to build a source for an arch, or for a GPU's own target id of it, newest first."""
    b = m.Build
    fits = or_(b.arch == arch, b.arch.startswith(f"{arch}:"))
    statement = select(b).where(b.source == source, fits).order_by(b.id.desc()).limit(limit)
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


def snapshots(engine: Engine) -> list[tuple[str, dict[str, dict[str, str]]]]:
    """When the matrix changed and what it was then, see `snapshot`, oldest first."""
    s, r = m.Snapshot, m.Run
    statement = select(r.finished, s.states).join(r, r.id == s.run_id).order_by(s.run_id)
    with engine.connect() as connection:
        return [(finished, states) for finished, states in connection.execute(statement)]


def _emulator(connection: Connection) -> str | None:
    """The device name of the present emulator, see `open_database`."""
    name: str | None = connection.get_execution_options().get("emulator")
    return name


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _evidence(row: Record, builds: dict[CellKey, CellBuild], emulator: str | None) -> Evidence:
    columns = {name: getattr(row, name) for name in row._fields if name != "symbol"}
    present = row.contract == matrix.current_contract(row.symbol) and matrix.current_device(
        row.device_kind, row.device_name, emulator
    )
    check = Evidence(**columns, holds=present)
    return check._replace(holds=present and matrix.speaks_of(builds, row.symbol, check))


def _facts(side: str, row: Record) -> KernelFacts:
    columns: dict[str, Any] = {name: getattr(row, name) for name in row._fields if name not in ("id", "source_id")}
    for name in ("template_arguments", "helpers", "structs"):
        columns[name] = tuple(columns[name])
    columns["parameters"] = tuple((name, type) for name, type in columns["parameters"])
    return KernelFacts(side=side, **columns)
