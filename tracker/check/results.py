"""The outcome of checking one kernel on one device, as plain data."""

import platform
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["passed", "failed", "refused", "unsupported", "timed out", "error"]
"""`failed`: wrong result or fault. `refused`: the device declined. `unsupported`: no contract or the device cannot.
`timed out`: a time limit was reached, which may be too short for the machine. `error`: the check itself broke (our
bug). The last two never count as a verdict about the kernel."""


@dataclass(frozen=True)
class Mismatch:
    """The first bad element of a failing case and a window around it."""

    buffer: str
    index: int
    expected: str
    got: str
    bad: int
    total: int
    window: tuple[tuple[int, str, str], ...] = ()
    """(index, expected, got) around the first bad element."""


@dataclass(frozen=True)
class CaseResult:
    """One executed case."""

    name: str
    passed: bool
    worst: dict[str, float]
    """Metrics over compared elements: `cw` (with its `bound`), `abs`, `rel`, `ulp`, `nmse`, `bad`."""
    mismatch: Mismatch | None
    fault: str | None
    seconds: float


@dataclass(frozen=True)
class CheckResult:
    """All cases of one kernel on one device. Zero cases executed is a failure."""

    symbol: str
    arch: str
    code_hash: str
    device_kind: str
    device_name: str
    device_target: str
    contract: str
    """Family and version, e.g. `mul_mat_vec_q8_1/1`."""
    seed: int
    effort: str
    outcome: Outcome
    message: str
    cases_run: int
    worst: dict[str, float]
    failing: CaseResult | None
    seconds: float
    cost: dict[str, Any] = field(default_factory=dict)
    runtime: str = ""
    """A GPU's runtime and driver with their versions."""
    side: Literal["hip", "cuda"] = "hip"
    """Which of a pair was checked: the port or the CUDA original."""
    host: str = field(default_factory=platform.node)
    """The machine that checked: the one on which this object was made."""
