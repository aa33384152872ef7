"""The command palette: every action of the screen by name, and every kernel."""

from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tracker.tui.commands import Command, commands, shown_keys

if TYPE_CHECKING:
    from tracker.tui.app import Kerntrack

MOST_KERNELS = 50
"""Kernels to offer at once."""


class Commands(Provider):
    """Commands of the registry."""

    def _all(self) -> list[tuple[Command, str]]:
        where = getattr(self.screen, "WHERE", "matrix")
        app = cast("Kerntrack", self.app)
        usable = [c for c in commands(where) if app.can(c.name, where) and c.name != "command_palette"]
        return [(command, f"{command.title}  ({' '.join(shown_keys(command, app.keys))})") for command in usable]

    async def _run(self, command: Command) -> None:
        target = self.screen if command.where != "anywhere" else self.app
        await target.run_action(command.name)

    async def discover(self) -> Hits:
        """All of them."""
        for command, text in self._all():
            yield DiscoveryHit(text, lambda command=command: self._run(command), help=command.meaning)

    async def search(self, query: str) -> Hits:
        """Those whose title or meaning matches."""
        matcher = self.matcher(query)
        for command, text in self._all():
            score = max(matcher.match(command.title), matcher.match(command.meaning) * 0.5)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(text), lambda command=command: self._run(command), help=command.meaning
                )


class Kernels(Provider):
    """Go to a kernel by its symbol."""

    async def search(self, query: str) -> Hits:
        """Kernels whose symbol matches."""
        app = cast("Kerntrack", self.app)
        matcher = self.matcher(query)
        scored = [(matcher.match(kernel.title), kernel) for kernel in app.kernels]
        best = sorted((hit for hit in scored if hit[0] > 0), key=lambda hit: -hit[0])[:MOST_KERNELS]
        for score, kernel in best:
            yield Hit(
                score * 0.9,
                matcher.highlight(kernel.title),
                lambda kernel=kernel: app.open_kernel(kernel),
                help="open its page",
            )
