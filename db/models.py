"""The tables. Rows say what was seen or done; no row says what state a kernel is in (that is derived in queries)."""

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.types import Document, Whole


class Base(DeclarativeBase):
    """Lists and mappings are JSON text; times are ISO 8601 text in UTC."""

    type_annotation_map = {list[Any]: Document, dict[str, Any]: Document}  # noqa: RUF012


class Run(Base):
    """One action (scan, compile, verify) from beginning to end: the history."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    verb: Mapped[str]
    started: Mapped[str]
    finished: Mapped[str]
    good: Mapped[bool]
    message: Mapped[str]
    options: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]


class Source(Base):
    """A parsed translation unit or Rust file, or one file of a recorded inventory (then `origin` names the recording).

    `side` is cuda, hip or rust.
    """

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("side", "path", "origin"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str]
    path: Mapped[str]
    origin: Mapped[str]
    sha256: Mapped[str]
    arguments: Mapped[str]
    """Hash of everything besides files that decided the facts: the parser's arguments and its version."""
    helpers: Mapped[list[Any]]
    structs: Mapped[list[Any]]
    position: Mapped[int] = mapped_column(server_default="0")
    """Its place in the scan: for a symbol in several sources the first counts."""


class Dependency(Base):
    """A file that the facts of a source were read from, and its hash."""

    __tablename__ = "dependencies"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]


class Diagnostic(Base):
    """What the parser had to say about a source."""

    __tablename__ = "diagnostics"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    severity: Mapped[str]
    path: Mapped[str]
    line: Mapped[int]
    column: Mapped[int]
    message: Mapped[str]


class Kernel(Base):
    """One entry point of a source, as `tracker.scan.facts.Kernel` describes it."""

    __tablename__ = "kernels"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    symbol: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    template_arguments: Mapped[list[Any]]
    parameters: Mapped[list[Any]]
    """[name, type] of every parameter."""
    path: Mapped[str]
    line: Mapped[int]
    macro: Mapped[str | None]
    macro_path: Mapped[str | None]
    macro_line: Mapped[int | None]
    max_threads: Mapped[int | None]
    min_blocks: Mapped[int | None]
    static_lds: Mapped[int]
    fingerprint: Mapped[str]
    helpers: Mapped[list[Any]]
    structs: Mapped[list[Any]]
    lines: Mapped[int] = mapped_column(server_default="0")
    """Of its definition; 0: not known."""


class HazardRule(Base):
    """What the scan's rules say about porting hazards: the rules of the newest scan."""

    __tablename__ = "hazard_rules"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    why: Mapped[str]
    archs: Mapped[list[Any]]
    severity: Mapped[str]
    remedy: Mapped[str]
    source: Mapped[str]


class Finding(Base):
    """A porting hazard in a source, as `tracker.scan.facts.Finding` describes it."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    rule: Mapped[str]
    path: Mapped[str]
    line: Mapped[int]
    detail: Mapped[str]
    function: Mapped[str]
    kernels: Mapped[list[Any]]
    """Symbols of the kernels that reach it."""
    digest: Mapped[str]


class Caller(Base):
    """A kernel that a Rust source asks for by name, as `tracker.scan.callers.facts.Request` describes it."""

    __tablename__ = "callers"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    exact: Mapped[bool]
    path: Mapped[str]
    line: Mapped[int]
    spelled_path: Mapped[str]
    spelled_line: Mapped[int]
    function: Mapped[str]
    grid: Mapped[list[Any] | None]
    """x, y, z, null for a size that is no constant; null when no launch stands beside the name."""
    block: Mapped[list[Any] | None]


class Pair(Base):
    """What the last pairing found. Symbols, not row ids: a rescan of one file must not undo the pairing of the rest."""

    __tablename__ = "pairs"

    id: Mapped[int] = mapped_column(primary_key=True)
    cuda_symbol: Mapped[str | None]
    hip_symbol: Mapped[str | None]
    differences: Mapped[list[Any]]


class Build(Base):
    """One attempt to compile a source for an arch."""

    __tablename__ = "builds"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    arch: Mapped[str]
    toolchain: Mapped[str]
    commands: Mapped[list[Any]]
    returncode: Mapped[int]
    output: Mapped[str]
    seconds: Mapped[float]
    cached: Mapped[bool]
    key: Mapped[str]
    assembly: Mapped[str | None]
    code_object: Mapped[str | None]
    outcome: Mapped[str]
    created: Mapped[str]


class BuiltKernel(Base):
    """A kernel that was in the source when it was built; `code_hash` is None when the code object lacks its symbol."""

    __tablename__ = "built_kernels"
    __table_args__ = (Index("ix_built_kernels_cell", "symbol", "arch", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    build_id: Mapped[int] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"), index=True)
    symbol: Mapped[str]
    arch: Mapped[str]
    fingerprint: Mapped[str]
    code_hash: Mapped[str | None]
    vgprs: Mapped[int | None]
    agprs: Mapped[int | None]
    sgprs: Mapped[int | None]
    lds: Mapped[int | None]
    scratch: Mapped[int | None]
    vgpr_spills: Mapped[int | None]
    sgpr_spills: Mapped[int | None]
    wave_size: Mapped[int | None]
    max_threads: Mapped[int | None]
    occupancy: Mapped[int | None]


class Evidence(Base):
    """One check of one kernel on one device. Rows are only ever added."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_cell", "symbol", "arch", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str]
    arch: Mapped[str]
    code_hash: Mapped[str]
    toolchain: Mapped[str]
    device_kind: Mapped[str]
    device_name: Mapped[str]
    device_target: Mapped[str]
    contract: Mapped[str]
    seed: Mapped[int] = mapped_column(Whole)
    effort: Mapped[str]
    outcome: Mapped[str]
    message: Mapped[str]
    cases_run: Mapped[int]
    worst: Mapped[dict[str, Any]]
    failing: Mapped[dict[str, Any] | None]
    seconds: Mapped[float]
    cost: Mapped[dict[str, Any]]
    created: Mapped[str]
    runtime: Mapped[str] = mapped_column(server_default="")
    """Vendor's runtime and driver with their versions; empty for the emulator."""
    side: Mapped[str] = mapped_column(server_default="hip")
    """`hip`: the port. `cuda`: the original, on an NVIDIA GPU; it says nothing about the port."""
    host: Mapped[str] = mapped_column(server_default="")
    """Where it ran; "" where that was not recorded."""


class Timing(Base):
    """How long launches of one kernel on one workload took on one GPU. Rows are only ever added."""

    __tablename__ = "timings"

    id: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(index=True)
    arch: Mapped[str]
    code_hash: Mapped[str]
    toolchain: Mapped[str]
    device_kind: Mapped[str]
    device_name: Mapped[str]
    device_target: Mapped[str]
    runtime: Mapped[str]
    side: Mapped[str]
    workload: Mapped[str]
    bytes: Mapped[int] = mapped_column(Whole)
    """The fewest that must be read and written."""
    launches: Mapped[int]
    median_us: Mapped[float]
    least_us: Mapped[float]
    created: Mapped[str]
    host: Mapped[str] = mapped_column(server_default="")
    """Where it ran; "" where that was not recorded."""


class Snapshot(Base):
    """The matrix as it was after a run, in words: {symbol: {"port": state, arch: state}}. Kept where it changed."""

    __tablename__ = "snapshots"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    states: Mapped[dict[str, Any]]
