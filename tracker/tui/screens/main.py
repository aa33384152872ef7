"""The matrix with its detail pane: where one lives all day."""

from collections.abc import Callable, Sequence

from textual import on

from db.views import KernelStatus
from tracker.tui.commands import bindings, own
from tracker.tui.model import GroupRow, Row
from tracker.tui.screens.matrixview import MatrixView
from tracker.tui.widgets.matrix import Matrix


class MainScreen(MatrixView):
    """What can be done with the rows, see commands.py."""

    BINDINGS = bindings("matrix")

    def targets(self) -> list[KernelStatus]:
        """What an action is about: the marked kernels, else the row under the cursor and all below it."""
        if self.marks:
            return [entry.kernel for entry in self.kerntrack.entries if entry.key in self.marks]
        return list(members(self.matrix.row))

    def action_scan(self) -> None:
        """Scan the sources."""
        self.kerntrack.submit_scan()

    def action_compile(self) -> None:
        """Compile the targets."""
        self.kerntrack.submit("compile", self.targets(), self.target_archs())

    def action_verify(self) -> None:
        """Check the targets."""
        self.kerntrack.submit("verify", self.targets(), self.target_archs())

    def action_verify_again(self) -> None:
        """Check the targets whatever the evidence says."""
        self.kerntrack.submit("verify again", self.targets(), self.target_archs())

    def action_compile_shown(self) -> None:
        """Compile all that the filter leaves."""
        self.kerntrack.submit("compile", self.matrix.arrangement.shown, self.target_archs())

    def action_verify_shown(self) -> None:
        """Check all that the filter leaves."""
        self.kerntrack.submit("verify", self.matrix.arrangement.shown, self.target_archs())

    def action_cancel(self) -> None:
        """Cancel the newest running job."""
        self.kerntrack.cancel_newest()

    def action_cancel_all(self) -> None:
        """Cancel every job."""
        self.kerntrack.cancel_all()

    def action_mark(self) -> None:
        """Turn the mark of the row over and go one down."""
        self._mark_here(toggle=True)
        self.matrix.action_move(1)

    def action_mark_down(self) -> None:
        """Mark this row and the next."""
        self._mark_and_move(1)

    def action_mark_up(self) -> None:
        """Mark this row and the one before."""
        self._mark_and_move(-1)

    def action_mark_range(self) -> None:
        """Mark from the last marked row to the cursor."""
        matrix = self.matrix
        start = matrix.arrangement.find(self.mark_from)
        low, high = sorted((matrix.cursor if start is None else start, matrix.cursor))
        self._set_marks(self.marks | keys(matrix.arrangement.rows[low : high + 1]))

    def action_mark_shown(self) -> None:
        """Mark everything shown."""
        self._set_marks(keys([self.matrix.arrangement.total]))

    def _mark_and_move(self, by: int) -> None:
        self._mark_here(toggle=False)
        self.matrix.action_move(by)
        self._mark_here(toggle=False)

    def _mark_here(self, toggle: bool) -> None:
        row = self.matrix.row
        if row is None:
            return
        here = keys([row])
        self.mark_from = row.key
        self._set_marks(self.marks - here if toggle and here <= self.marks else self.marks | here)

    def action_map(self) -> None:
        """The whole port on one screen."""
        self.kerntrack.open_map()

    def action_jobs(self) -> None:
        """The jobs."""
        self.kerntrack.open_jobs()

    def action_history(self) -> None:
        """The runs of the past."""
        self.kerntrack.open_history()

    def action_pause(self) -> None:
        """Freeze the rows, or go on."""
        self.kerntrack.toggle_pause()
        self.refresh_bindings()

    def action_workers(self) -> None:
        """The cluster's workers."""
        self.kerntrack.open_workers()

    def action_watch(self) -> None:
        """Watch the sources, or stop."""
        self.kerntrack.toggle_watch()
        self.refresh_bindings()

    def action_edit_port(self) -> None:
        """Edit the HIP source."""
        self._with_kernel(lambda kernel: self.kerntrack.edit(kernel, "hip"))

    def action_edit_baseline(self) -> None:
        """Edit the CUDA source."""
        self._with_kernel(lambda kernel: self.kerntrack.edit(kernel, "cuda"))

    @on(Matrix.MenuWanted)
    def open_row_menu(self) -> None:
        """What can be done with the row that was clicked."""
        if self.matrix.row:
            usable = [
                command for command in own("matrix") if command.row and self.kerntrack.can(command.name, "matrix")
            ]
            self.kerntrack.open_menu(heading(self.matrix.row), usable)

    def action_inspect(self) -> None:
        """All that the pane would show."""
        if self.matrix.row:
            self.kerntrack.open_viewer(self.described(self.matrix.row))

    def action_copy(self) -> None:
        """Choose what to copy."""
        self.kerntrack.open_menu("copy", own("copy"))

    def action_copy_symbol(self) -> None:
        """Copy symbols."""
        self.kerntrack.copy_symbols(self.targets())

    def action_copy_name(self) -> None:
        """Copy names as declared."""
        self.kerntrack.copy_names(self.targets())

    def action_copy_command(self) -> None:
        """Copy the newest build's command."""
        self._with_kernel(lambda kernel: self.kerntrack.copy_command(kernel, self.matrix.arch))

    def _with_kernel(self, work: Callable[[KernelStatus], None]) -> None:
        found = members(self.matrix.row)
        if found:
            work(found[0])


def heading(row: Row) -> str:
    """What a row is about."""
    return row.title if isinstance(row, GroupRow) else row.kernel.title


def members(row: Row | None) -> Sequence[KernelStatus]:
    """The kernels of a row."""
    if row is None:
        return ()
    return row.kernels if isinstance(row, GroupRow) else (row.kernel,)


def keys(rows: Sequence[Row]) -> frozenset[str]:
    """The keys of all kernels in these rows."""
    groups = [entry.key for row in rows if isinstance(row, GroupRow) for entry in row.members]
    return frozenset(groups) | {row.key for row in rows if not isinstance(row, GroupRow)}
