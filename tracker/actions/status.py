"""Status: the matrix as it stands, and how far the port is in numbers. Reads only."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db import matrix, survey
from db.views import NO_CELL, KernelStatus, SourceFile
from tracker.actions.disk import Disk
from tracker.actions.progress import phases
from tracker.build.archs import get_arch
from tracker.config import Project
from tracker.devices.revision import emulator_name
from tracker.errors import UsageError
from tracker.selectors import Selection, select

if TYPE_CHECKING:  # SQLAlchemy takes longer to load than a matrix to read
    from sqlalchemy import Engine


@dataclass(frozen=True)
class Matrix:
    """Rows and columns, and the sources that are no longer what was scanned."""

    kernels: list[KernelStatus]
    archs: tuple[str, ...]
    changed: tuple[str, ...]

    def select(self, selector: Sequence[str]) -> Selection:
        """The cells that a selector chooses. Raises UsageError when there are none."""
        return select(selector, self.kernels, self.archs)


def columns_of(project: Project, archs: Sequence[str] | None) -> tuple[str, ...]:
    """The columns of the matrix: `archs`, each once, in place of the project's."""
    return tuple(dict.fromkeys(get_arch(name).name for name in archs)) if archs else project.archs


def load(project: Project, archs: Sequence[str] | None = None) -> Matrix:
    """The project's matrix, with `archs` in place of its own. Raises UsageError when it was never scanned."""
    columns = columns_of(project, archs)

    def read(select: matrix.Select) -> Matrix:
        kernels = matrix.status(select, columns, emulator_name())
        if not kernels and not survey.last_options(select):
            raise UsageError(f"{project.root}: no scan has come to its end here", "run `kerntrack scan` first")
        return Matrix(kernels, columns, tuple(_changed(project, matrix.sources(select))))

    if found := matrix.direct(project.database, read):
        return found
    from db import queries
    from tracker.actions.store import open_store

    engine = open_store(project, read_only=True)
    return queries.reading(engine, read)


def changed_sources(project: Project, engine: "Engine") -> list[str]:
    """Scanned files that are no longer what they were when scanned."""
    from db import queries

    return list(_changed(project, queries.sources(engine)))


def _changed(project: Project, sources: Iterable[SourceFile]) -> Iterator[str]:
    disk = Disk(project)
    return (source.path for source in sources if not source.origin and not disk.unchanged(source))


def counts(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> dict[str, Any]:
    """Totals. `kernels` counts CUDA kernels; a cell counts under its state while it is fresh, else under `stale`."""
    ports = Counter(kernel.port for kernel in kernels if kernel.baseline)
    return {
        "kernels": ports.total(),
        "ported": ports["ported"],
        "drifted": ports["drifted"],
        "missing": ports["missing"],
        "extra": sum(kernel.baseline is None for kernel in kernels),
        "archs": {arch: _states(kernels, arch) for arch in archs},
        "phases": list(map(vars, phases(kernels, archs))),
    }


def _states(kernels: Sequence[KernelStatus], arch: str) -> dict[str, int]:
    cells = (kernel.archs.get(arch, NO_CELL) for kernel in kernels)
    return dict(sorted(Counter(cell.state if cell.fresh else "stale" for cell in cells).items()))
