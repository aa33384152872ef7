"""Folders that a test's other user may enter: pytest makes its own for the present user alone."""

import tempfile
from pathlib import Path


def let_everyone_in(folder: Path) -> None:
    """Let every user read a temporary folder and pass through those above it, however many a test runner put there."""
    top = Path(tempfile.gettempdir())
    for each in (folder, *folder.parents):
        if each == top or top not in each.parents:
            return
        each.chmod(0o755)
