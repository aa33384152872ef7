"""What the tests of the TUI share."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.message import Message
from textual.pilot import Pilot

from tests.tui.fake import Fake
from tracker.tui.app import Kerntrack

PATIENCE = 3000
"""Looks of 10 ms each before a test gives up."""


async def until(pilot: Pilot[None], happened: Callable[[], bool]) -> None:
    """Wait until something is true; fail when it does not come true."""
    for _ in range(PATIENCE):
        if happened():
            break
        await pilot.pause(0.01)
    assert happened()
    await pilot.pause()


@asynccontextmanager
async def running(
    source: Fake | None = None,
    size: tuple[int, int] = (120, 40),
    *,
    readonly: bool = False,
    memory_file: Path | None = None,
    seen: list[Message] | None = None,
) -> AsyncIterator[tuple[Kerntrack, Pilot[None]]]:
    """The app on a fake source, loaded (or failed to load)."""
    app = Kerntrack(source or Fake(), readonly=readonly, memory_file=memory_file, poll_seconds=0.02)
    hook = seen.append if seen is not None else None
    async with app.run_test(size=size, message_hook=hook) as pilot:
        await until(pilot, lambda: app.loaded or bool(app.troubles))
        yield app, pilot


def screen_text(app: Kerntrack) -> str:
    """What stands on the screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def shown(app: Kerntrack) -> set[str]:
    """Symbols that the filter leaves."""
    return {kernel.symbol for kernel in app.main.matrix.arrangement.shown}


def notes(app: Kerntrack) -> list[str]:
    """What the app has told the user lately."""
    return [note.message for note in app._notifications]
