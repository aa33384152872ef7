"""Draws a picture of the real program on the real database: `python -m tracker.tui.picture OUT.svg`.

The keys given are pressed first, so that any screen can be drawn. Nothing is changed: the program runs read-only.
"""

import argparse
import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from tracker.config import Project, load_project
from tracker.tui.app import Kerntrack
from tracker.tui.source import ProjectSource

FONT_FILES = re.compile(r"@font-face\s*{[^}]*}\s*")
"""A picture must not load fonts from elsewhere: the reader's own monospaced font does."""
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 3.0
"""After the last key: curves are read in threads."""


async def draw(project: Project, size: tuple[int, int], keys: Sequence[str]) -> str:
    """The screen as SVG after `keys`. Raises TimeoutError when the matrix does not load within a minute."""
    app = Kerntrack(ProjectSource(project, readonly=True), readonly=True)
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not app.loaded:
                await pilot.pause(0.05)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.05)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while getattr(app.screen, "page", app) is None:  # a kernel's page is still being read
                    await pilot.pause(0.05)
        await pilot.pause(SETTLE_SECONDS)
        return FONT_FILES.sub("", app.export_screenshot(title="kerntrack tui"))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("keys", nargs="*", help="keys to press first, as Textual names them: slash q 5 enter")
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--size", default="150x40", help="columns x rows")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    svg = asyncio.run(draw(load_project(options.project), (columns, rows), options.keys))
    options.out.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
