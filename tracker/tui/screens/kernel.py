"""A kernel's own page: sources side by side, and everything the database holds about it, in tabs."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static, TabbedContent, TabPane, Tabs

from db.views import KernelStatus
from tracker.signs import STATES, cell_state, is_stale
from tracker.tui import describe, pages
from tracker.tui.commands import bindings, own
from tracker.tui.entries import kernel_key
from tracker.tui.screens.base import KerntrackScreen
from tracker.tui.sources import Page
from tracker.tui.widgets.bars import JobBar
from tracker.tui.widgets.code import SideBySide
from tracker.tui.widgets.keyline import KeyLine
from tracker.tui.widgets.textpane import TextPane

TABS = ("source", "resources", "evidence", "cost", "builds", "findings", "history")


class KernelScreen(KerntrackScreen):
    """Filled when its page has been read; filled anew when the database changes."""

    BINDINGS = bindings("kernel")
    WHERE = "kernel"

    def __init__(self, kernel: KernelStatus) -> None:
        super().__init__()
        self.kernel = kernel
        self.page: Page | None = None

    @property
    def key(self) -> str:
        """Which kernel this is."""
        return kernel_key(self.kernel)

    def compose(self) -> ComposeResult:
        """Heading, tabs, footer."""
        yield Static(id="kernel-heading")
        with TabbedContent(id="tabs"):
            for name in TABS:
                with TabPane(name.capitalize(), id=name):
                    if name == "source":
                        yield Static(id="parameters")
                    else:
                        yield TextPane("reading…", id=f"{name}-text")
        yield JobBar()
        yield KeyLine(self.WHERE)

    def refresh_jobs(self) -> None:
        """Draw the job line."""
        self.query_one(JobBar).show(self.kerntrack.jobs)

    def refresh_rows(self) -> None:
        """The statuses were read again: so is the page."""
        found = next((kernel for kernel in self.kerntrack.kernels if kernel_key(kernel) == self.key), None)
        if found:
            self.kernel = found
            self._heading()
            self.kerntrack.load_page(found)

    def _heading(self) -> None:
        parts: list[tuple[str, str]] = [(f" {self.kernel.title}  ", "bold $text-primary")]
        for arch in self.kerntrack.source.archs:
            state = cell_state(self.kernel, arch)
            stale = "~" if is_stale(self.kernel, arch) else " "
            parts += [(f" {arch} ", "$foreground-muted"), (f"{STATES[state].mark}{stale}{state} ", STATES[state].style)]
        self.query_one("#kernel-heading", Static).update(describe.line(*parts))

    async def show(self, page: Page) -> None:
        """Fill the tabs."""
        before, self.page = self.page, page
        archs, kernel = self.kerntrack.source.archs, self.kernel
        texts: dict[str, Content] = {
            "resources": pages.resources(kernel, page, archs),
            "evidence": pages.evidence(page),
            "cost": pages.cost(page, archs),
            "builds": pages.builds(page),
            "findings": pages.findings(kernel, page, archs),
            "history": pages.history(page),
        }
        for name, text in texts.items():
            self.query_one(f"#{name}-text", TextPane).show(text)
        self.query_one("#parameters", Static).update(pages.parameters(kernel, page))
        if before is None or (before.cuda, before.hip) != (page.cuda, page.hip):
            await self.query(SideBySide).remove()
            await self.query_one("#source", TabPane).mount(SideBySide(page.cuda, page.hip, pages.differing(page)))

    def action_next_tab(self) -> None:
        """The tab to the right."""
        self.query_one(Tabs).action_next_tab()

    def action_previous_tab(self) -> None:
        """The tab to the left."""
        self.query_one(Tabs).action_previous_tab()

    def action_next_difference(self) -> None:
        """To the next difference between the sources."""
        self._step(1)

    def action_previous_difference(self) -> None:
        """To the one before."""
        self._step(-1)

    def _step(self, way: int) -> None:
        self.query_one(TabbedContent).active = "source"
        self.call_after_refresh(self._show_difference, way)

    def _show_difference(self, way: int) -> None:
        if not any(sides.step(way) for sides in self.query(SideBySide)):
            self.notify("no difference is known in the sources at hand", timeout=3)

    def action_compile(self) -> None:
        """Compile this kernel's file."""
        self.kerntrack.submit("compile", [self.kernel], self.kerntrack.source.archs)

    def action_verify(self) -> None:
        """Check this kernel."""
        self.kerntrack.submit("verify", [self.kernel], self.kerntrack.source.archs)

    def action_edit_port(self) -> None:
        """Edit the HIP source."""
        self.kerntrack.edit(self.kernel, "hip")

    def action_edit_baseline(self) -> None:
        """Edit the CUDA source."""
        self.kerntrack.edit(self.kernel, "cuda")

    def action_copy(self) -> None:
        """Choose what to copy."""
        self.kerntrack.open_menu("copy", own("copy"))

    def action_copy_symbol(self) -> None:
        """Copy the symbol."""
        self.kerntrack.copy_symbols([self.kernel])

    def action_copy_name(self) -> None:
        """Copy the name as declared."""
        self.kerntrack.copy_names([self.kernel])

    def action_copy_command(self) -> None:
        """Copy the newest build's command."""
        self.kerntrack.copy_command(self.kernel, None)
