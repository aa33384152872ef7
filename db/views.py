"""What queries return: the status of every kernel, derived from evidence rows when asked, never stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

PortState = Literal["missing", "drifted", "ported"]
ArchState = Literal[
    "none",
    "build failed",
    "compiled",
    "emulation failed",
    "emulated",
    "verify failed",
    "verified",
    "unsupported",
]


NO_COST: Mapping[str, Any] = {}


class Evidence(NamedTuple):
    """One evidence row, newest first where several are listed. A tuple: a matrix holds tens of thousands."""

    id: int
    arch: str
    code_hash: str
    toolchain: str
    device_kind: str
    device_name: str
    device_target: str
    contract: str
    seed: int
    effort: str
    outcome: str
    message: str
    cases_run: int
    worst: dict[str, float]
    failing: dict[str, Any] | None
    seconds: float
    created: str
    runtime: str
    """Vendor's runtime and driver with their versions; empty for the emulator."""
    side: Literal["hip", "cuda"]
    """`cuda`: the CUDA original was checked, which says nothing about the port."""
    holds: bool
    """The code hash and the contract version it was made with are still the current ones."""
    cost: Mapping[str, Any] = NO_COST
    """Left empty in the matrix; `queries.evidence` reads it."""
    host: str = ""
    """The machine it ran on; as `cost`, left empty in the matrix."""


class Timing(NamedTuple):
    """How long launches of one kernel on one workload took on one GPU."""

    symbol: str
    arch: str
    code_hash: str
    toolchain: str
    device_kind: str
    device_name: str
    device_target: str
    runtime: str
    side: Literal["hip", "cuda"]
    """`cuda`: the CUDA original."""
    workload: str
    bytes: int
    """The fewest that must be read and written."""
    launches: int
    median_us: float
    least_us: float
    created: str
    host: str = ""
    """The machine it ran on; "" where that was not recorded."""


class Resources(NamedTuple):
    """Per kernel and arch, from the code object."""

    vgprs: int
    agprs: int
    sgprs: int
    lds: int
    scratch: int
    vgpr_spills: int
    sgpr_spills: int
    wave_size: int
    max_threads: int
    occupancy: int


class ArchStatus(NamedTuple):
    """One cell of the matrix. `fresh` is False when sources changed since the build or check it speaks of."""

    state: ArchState
    fresh: bool
    evidence: Evidence | None = None
    resources: Resources | None = None
    build_output: str = ""
    code_hash: str = ""
    timed_out: bool = False
    """Its build reached the time limit."""


NO_CELL = ArchStatus("none", True)
"""The cell of a kernel that was never built for an arch."""


@dataclass(frozen=True)
class Location:
    """Where a side of the pair stands. `macro_line` is None when no macro made it."""

    path: str
    line: int
    macro_line: int | None = None


@dataclass(frozen=True)
class KernelStatus:
    """One row of the matrix: a CUDA kernel with its port, or a HIP kernel no CUDA kernel asked for."""

    symbol: str
    family: str
    type: str
    batch: int | None
    baseline: Location | None
    port: PortState
    port_symbol: str | None
    port_location: Location | None
    differences: tuple[str, ...]
    archs: dict[str, ArchStatus] = field(default_factory=dict)
    lines: int = 0
    """Lines of the CUDA kernel's definition; 0: not known, or a HIP kernel no CUDA kernel asked for."""
    name: str = ""
    """As its source names it, with namespace and template arguments; the symbol is mangled then."""

    @property
    def title(self) -> str:
        """What to call it before people."""
        return self.name or self.symbol


@dataclass(frozen=True)
class Message:
    """A parser's message about a source. `severity` is note, warning, error or fatal."""

    source: str
    severity: str
    path: str
    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody has looked at what a rule found and says why it may stay.

    It covers the rule's findings that concern one of `kernels` (symbols or globs; none given: any) in files that match
    `file` (a path or glob; "": any), while the code around all of them together has the hash `code`.
    """

    rule: str
    kernels: tuple[str, ...]
    file: str
    code: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """A porting hazard. Without any finding a hazard was not found; nothing says that there is none."""

    rule: str
    severity: str
    title: str
    side: Literal["cuda", "hip"]
    file: str
    line: int
    function: str
    """The function or type that it stands in; "" for one outside of all."""
    detail: str
    """What was found there: a name, a condition, an expression."""
    kernels: tuple[str, ...]
    """Every kernel of its side that reaches it."""
    archs: tuple[str, ...]
    """`all`, `wave64`, `wave32`, or processors."""
    why: str
    remedy: str
    source: str
    """Where the behaviour is documented or was reported."""
    digest: str
    """Of the code around it, see `db.findings.code_of`."""
    acknowledged: str | None = None
    """The reason that kerntrack.toml gives why it may stay."""
    expired: bool = False
    """kerntrack.toml has acknowledged it, but the code around it has changed since."""


@dataclass(frozen=True)
class Caller:
    """A kernel that Rust code asks for by name, a glob when not `exact`. Sizes are None where they are no constants."""

    name: str
    exact: bool
    path: str
    line: int
    spelled_path: str
    spelled_line: int
    """Where the name, or its first part, is written."""
    function: str
    grid: tuple[int | None, ...] | None
    block: tuple[int | None, ...] | None
    """None when no launch was found beside the name."""


@dataclass(frozen=True)
class SourceFile:
    """A scanned file, or a file of a recorded inventory (then `origin` names the recording)."""

    side: Literal["cuda", "hip", "rust"]
    path: str
    origin: str
    sha256: str
    arguments: str
    helpers: tuple[str, ...]
    structs: tuple[str, ...]
    dependencies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class KernelFacts:
    """One entry point as scanned."""

    side: str
    source: str
    origin: str
    symbol: str
    name: str
    template_arguments: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    """(name, type) of each."""
    path: str
    line: int
    macro: str | None
    macro_path: str | None
    macro_line: int | None
    max_threads: int | None
    min_blocks: int | None
    static_lds: int
    fingerprint: str
    helpers: tuple[str, ...]
    structs: tuple[str, ...]
    lines: int = 0
    """Of its definition; 0: not known."""


@dataclass(frozen=True)
class BuildAttempt:
    """One compilation of a source for an arch."""

    id: int
    source: str
    arch: str
    toolchain: str
    commands: tuple[str, ...]
    returncode: int
    output: str
    seconds: float
    cached: bool
    assembly: str | None
    code_object: str | None
    outcome: str
    created: str


@dataclass(frozen=True)
class RunRecord:
    """One action of the history."""

    id: int
    verb: str
    started: str
    finished: str
    good: bool
    message: str
    options: dict[str, Any]
    summary: dict[str, Any]


class Outcome(NamedTuple):
    """What one check of a kernel's whole set of cases found. `created` is ISO 8601 in UTC."""

    created: str
    symbol: str
    arch: str
    device_kind: str
    outcome: str
