"""What a user asks of a check, as the requests that carry it out."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine

from db import matrix, record
from tracker.actions.checking import CheckRequest, Effort, Side
from tracker.actions.ready import Ready
from tracker.actions.stations import Station
from tracker.cancel import Cancel
from tracker.check.results import CheckResult

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What to check, and how."""

    selector: tuple[str, ...] = ()
    archs: tuple[str, ...] | None = None
    """In place of the project's."""
    effort: Effort = "quick"
    seed: int = 0
    again: bool = False
    """Also where a verdict is there that holds."""
    case: str | None = None
    """Only the case of that name; decides no status."""
    device: str = "auto"
    """`auto`, `emulator`, `N` or `hip:N` (an AMD GPU), `cuda:N`."""
    side: Side = "hip"
    """`cuda`: the CUDA originals, on an NVIDIA GPU."""
    build: bool = True
    """False: only what is built already."""
    cluster: str | None = None
    """A scheduler whose workers build and check; None: the project's, if it has one."""
    gguf: Path | None = None
    """Real weights of this file in place of made up cases; decides no status."""
    tensor: str | None = None
    """Its tensors by glob; None: the first of each type and row length."""


def request_for(built: Ready, options: Options) -> CheckRequest:
    """The check of a kernel that was built."""
    return CheckRequest(
        symbol=built.symbol,
        arch=built.arch,
        code_hash=built.code_hash,
        code_object=built.code_object,
        assembly=built.assembly,
        toolchain=built.toolchain,
        contract=matrix.current_contract(built.symbol),
        effort=options.effort,
        seed=options.seed,
        case=options.case,
    )


def run_requests(
    engine: Engine, requests: Sequence[CheckRequest], station: Station, cancel: Cancel
) -> Iterator[CheckResult]:
    """Check; every outcome is written before the next is waited for."""
    toolchains = {(request.symbol, request.code_hash): request.toolchain for request in requests}
    for result in station.run(requests, cancel):
        LOG.info("checked %s on %s %s: %s", result.symbol, result.device_kind, result.arch, result.outcome)
        record.evidence(engine, asdict(result), toolchain=toolchains[result.symbol, result.code_hash])
        yield result
