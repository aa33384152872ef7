"""The Textual front end."""

import sys
from typing import TYPE_CHECKING

from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.config import Project


def run(project: "Project", *, readonly: bool = False) -> None:
    """Show the project until the user quits. `readonly` starts without any ability to change something.

    Raises UsageError without a terminal and for a table of keys that cannot be used.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual reads from the one and draws on the other
        raise UsageError("the interactive matrix needs a terminal", "`kerntrack status` prints the same")
    from platformdirs import user_config_path

    from tracker.tui import keymap, memory
    from tracker.tui.app import Kerntrack
    from tracker.tui.source import ProjectSource

    keys = keymap.load(project, user_config_path("kerntrack", appauthor=False) / keymap.FILE_NAME)
    source = ProjectSource(project, readonly)
    Kerntrack(source, readonly=readonly, memory_file=memory.path_for(project.root), keys=keys).run()
