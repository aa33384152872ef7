"""Which builds are lacking, by plain SQL: where none is, SQLAlchemy need not be loaded."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from db import matrix
from db.cells import CellBuild
from db.matrix import Select
from tracker.actions.events import Event, Note
from tracker.build.cache import read as read_build
from tracker.build.toolchain import Toolchain
from tracker.selectors import Cell, Selection

Target = tuple[str, str]
"""(HIP source as facts name it, arch)."""


def note_unported(selection: Selection) -> Iterator[Event]:
    """Say how many of the selected kernels there is nothing to build of."""
    missing = [kernel.symbol for kernel in selection.kernels if kernel.port == "missing"]
    if missing:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        yield Note(f"{len(missing)} of {len(selection.kernels)} selected kernels are not ported yet: {some}")


def lacking(select: Select, cells: Iterable[Cell], toolchain: Toolchain, again: bool) -> tuple[Target, ...]:
    """The builds without which the cells' present source has no code object of this toolchain at hand.

    `again`: those of all cells.
    """
    home = matrix.homes(select)
    wanted = [(kernel.port_symbol, arch) for kernel, arch in cells if kernel.port_symbol in home]
    builds = matrix.cell_builds(select, sorted({arch for _, arch in wanted}))
    targets: dict[Target, None] = {}
    intact = checker_of_files()
    for symbol, arch in wanted:
        if symbol is not None and (again or not _usable(builds.get((symbol, arch)), toolchain, intact)):
            targets[home[symbol], arch] = None
    return tuple(targets)


def _usable(found: CellBuild | None, toolchain: Toolchain, intact: Callable[[Path], bool]) -> bool:
    if found is None or not found.fresh or found.code_hash is None or found.attempt.toolchain != toolchain.version:
        return False
    return found.attempt.code_object is not None and intact(Path(found.attempt.code_object))


def checker_of_files() -> Callable[[Path], bool]:
    """Tells of a code object whether it, and what else its build made, is still what was built; reads each once.

    A check of anything else would say nothing about the build.
    """

    @cache
    def intact(code_object: Path) -> bool:
        return read_build(code_object.parent) is not None

    return intact
