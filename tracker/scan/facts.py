"""What a scan finds out about one source file, as plain data."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["cuda", "hip"]


@dataclass(frozen=True)
class Parameter:
    """One kernel parameter. `type` is the canonical spelling, e.g. `const void *`, `int`, `float *`."""

    name: str
    type: str


@dataclass(frozen=True)
class Place:
    """A position in a source text: `path` as scanned (posix), `line` counted from 1."""

    path: str
    line: int


@dataclass(frozen=True)
class Diagnostic:
    """A message of the parser. `severity` is note, warning, error or fatal."""

    severity: str
    place: Place
    column: int
    message: str


@dataclass(frozen=True)
class Kernel:
    """One entry point that a loader can ask for by `symbol` (mangled unless it has C linkage)."""

    symbol: str
    name: str
    template_arguments: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    place: Place
    macro: str | None
    macro_place: Place | None
    """Where the text of the macro that made this kernel puts its name; None when no macro made it."""
    max_threads: int | None
    min_blocks: int | None
    static_lds: int
    """Bytes of `__shared__` variables reachable from the kernel."""
    fingerprint: str
    """sha256 over the closure of definitions the kernel reaches, after macro expansion, comments ignored."""
    helpers: tuple[str, ...]
    """Names of the `__device__` functions the kernel reaches (its own body excluded)."""
    structs: tuple[str, ...]
    """Names of the struct types the kernel reaches: its block structures."""
    lines: int = 0
    """Lines of its definition; where a macro made it, those of the macro's text. 0: not known (old recordings)."""


@dataclass(frozen=True)
class Finding:
    """A porting hazard. `rule` is its id in hazards/rules.toml."""

    rule: str
    place: Place
    detail: str
    """What was found there: a name, a condition, an expression."""
    function: str
    """The function or type that it stands in; "" for one outside of all."""
    kernels: tuple[str, ...]
    """Symbols of the kernels that it concerns, through whatever they reach."""
    digest: str
    """sha256 of the code around it, macros' text included and comments not: an acknowledgement holds as long as this
    is the same."""


@dataclass(frozen=True)
class FileFacts:
    """Everything one parse of one translation unit tells."""

    path: str
    side: Side
    sha256: str
    dependencies: tuple[tuple[str, str], ...]
    """(path, sha256) of every header that the parse read, those shipped with kerntrack included. A header that was
    asked for and not found has an empty hash."""
    kernels: tuple[Kernel, ...]
    helpers: tuple[str, ...]
    structs: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    findings: tuple[Finding, ...] = ()
