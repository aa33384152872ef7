"""The layer above: what leaves the program, to the clipboard, the editor, the pager and into files."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from textual.app import SuspendNotSupported

from db.views import KernelStatus
from tracker.tui import editor
from tracker.tui.background import background
from tracker.tui.describe import count
from tracker.tui.messages import Copied
from tracker.tui.sources import Page, Side
from tracker.tui.working import Working

MOST_NOTE = 60
"""Characters of a copied text that are told."""


class Outside(Working):
    """Lends the terminal to other programs and hands texts to them."""

    def edit(self, kernel: KernelStatus, side: Side) -> None:
        """Open a source in the user's editor; this program waits behind it."""
        self.attempt("open the editor", lambda: self._edit(*self.source.locate(kernel, side)))

    def _edit(self, path: Path, line: int) -> None:
        self._lend(editor.command(path, line))

    def page(self, text: str) -> None:
        """Show a text in $PAGER."""
        self.attempt("open the pager", lambda: self._lend(editor.pager(), text))

    def _lend(self, command: Sequence[str], text: str | None = None) -> None:
        try:
            with self.suspend():
                subprocess.run(command, check=False, input=text, encoding="utf-8")
        except SuspendNotSupported:
            self.notify(f"this terminal cannot be lent to {command[0]}", severity="warning")
        self.refresh()

    def copy_text(self, text: str, what: str) -> None:
        """Put a text into the clipboard."""
        self.copy_to_clipboard(text)
        self.notify(f"copied {what}", timeout=2, markup=False)

    def copy_symbols(self, kernels: Sequence[KernelStatus]) -> None:
        """Copy symbols, one a line, as a loader asks for them."""
        if kernels:
            what = kernels[0].symbol if len(kernels) == 1 else count(len(kernels), "symbol")
            self.copy_text("\n".join(kernel.symbol for kernel in kernels), what)

    def copy_names(self, kernels: Sequence[KernelStatus]) -> None:
        """Copy names, one a line, as the sources have them: with namespace, template arguments and parameters."""

        def found(names: Sequence[str]) -> Copied:
            return Copied("\n".join(names), names[0] if len(names) == 1 else count(len(names), "name"))

        if kernels:
            background(self, "find the names", lambda: self.source.names(kernels), found)

    def copy_command(self, kernel: KernelStatus, arch: str | None) -> None:
        """Copy the commands of a kernel's newest build, on one architecture if given."""

        def newest(page: Page) -> Copied:
            build = next((build for build in page.builds if arch in (None, build.arch)), None)
            return Copied("\n".join(build.commands) if build else "", "the build command", "never compiled")

        background(self, "find the build command", lambda: self.source.page(kernel), newest)

    def on_copied(self, message: Copied) -> None:
        """Copy it."""
        if message.text:
            self.copy_text(message.text, message.what[:MOST_NOTE])
        else:
            self.notify(f"{message.missing}: nothing to copy yet", severity="warning")

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Save the screen as SVG in the working directory."""
        self.attempt("save a screenshot", lambda: self.notify(f"saved {self.save_screenshot(filename, path or '.')}"))
