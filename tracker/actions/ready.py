"""What of a selection is built: that is checked, timed, compared and run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from db import queries
from db.views import KernelStatus
from tracker.actions.stations import Station
from tracker.selectors import Selection


@dataclass(frozen=True)
class Ready:
    """A selected kernel's port, with the build of its present source for where it is to run."""

    kernel: KernelStatus
    symbol: str
    """The port's."""
    arch: str
    code_hash: str
    code_object: Path
    assembly: Path | None
    toolchain: str


def ready(engine: Engine, selection: Selection, station: Station) -> Iterator[Ready]:
    """The cells that have such a build, in the order of the selection."""
    with engine.connect() as connection:
        builds = queries.cell_builds(connection, [station.target(arch) for arch in selection.archs])
    for kernel, arch in selection.cells:
        found = builds.get((kernel.port_symbol or "", station.target(arch)))
        if found and found.fresh and found.code_hash and found.attempt.code_object:
            yield Ready(
                kernel=kernel,
                symbol=kernel.port_symbol or "",
                arch=arch,
                code_hash=found.code_hash,
                code_object=Path(found.attempt.code_object),
                assembly=Path(found.attempt.assembly) if found.attempt.assembly else None,
                toolchain=found.attempt.toolchain,
            )
