"""What all screens share."""

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tracker.tui.app import Kerntrack


class KerntrackScreen(Screen[None]):
    """`WHERE` names the part of the registry whose commands hold here."""

    WHERE = ""
    ready = False
    """True once the widgets are there."""

    def on_mount(self) -> None:
        """Draw what is known already."""
        self.ready = True
        self.refresh_rows()
        self.refresh_jobs()

    def refresh_rows(self) -> None:
        """Draw the statuses that the app has loaded."""

    def refresh_jobs(self) -> None:
        """Draw the jobs."""

    @property
    def kerntrack(self) -> "Kerntrack":
        """The app: it holds what was loaded and does the work."""
        return cast("Kerntrack", self.app)

    @property
    def shown_text(self) -> str:
        """The text of the pane in use, else of the first one seen."""
        seen = [pane for pane in self.query(Pane) if pane.is_on_screen]
        found = self.focused if isinstance(self.focused, Pane) else next(iter(seen), None)
        return found.text if found else ""

    def action_copy_text(self) -> None:
        """Copy it."""
        self.kerntrack.copy_text(self.shown_text, "the text")

    def action_pager(self) -> None:
        """Read it in $PAGER."""
        self.kerntrack.page(self.shown_text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key works now, and whether the footer shows it."""
        return self.kerntrack.can(action, self.WHERE)

    async def on_key_line_chosen(self, message: KeyLine.Chosen) -> None:
        """A click on the last line does what the key does."""
        target = self if message.command.where == self.WHERE else self.app
        await target.run_action(message.command.name)

    def refresh_bindings(self) -> None:
        """What can be done has changed, and so has the last line."""
        super().refresh_bindings()
        for keys in self.query(KeyLine):
            keys.refresh()

    def action_close(self) -> None:
        """Back."""
        self.dismiss()
