"""The Textual front end."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.config import Project


def run(project: "Project", *, readonly: bool = False) -> None:
    """Show the project until the user quits. `readonly` starts without any ability to change something."""
    from tracker.tui import memory
    from tracker.tui.app import Kerntrack
    from tracker.tui.source import ProjectSource

    source = ProjectSource(project, readonly)
    Kerntrack(source, readonly=readonly, memory_file=memory.path_for(project.root)).run()
