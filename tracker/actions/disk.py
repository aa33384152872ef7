"""Tells whether what the database knows about a file still holds."""

import hashlib
from functools import cache
from pathlib import Path

from db.views import SourceFile
from tracker.config import Project
from tracker.scan.arguments import arguments_hash
from tracker.scan.callers import CALLERS
from tracker.scan.sources import SourceKind


def file_hash(path: Path) -> str | None:
    """sha256 of a file's content, None when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


class Disk:
    """The project's files as they are now; each is read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._hash = cache(file_hash)

    def arguments(self, side: SourceKind) -> str:
        """Hash of how sources of a kind are parsed."""
        if side == "rust":
            return f"callers {CALLERS}"
        return arguments_hash(side, self._project.include, self._project.defines, self._project.root)

    def unchanged(self, source: SourceFile) -> bool:
        """True when the source, everything its parse read and the way it was parsed are what they were."""
        return self.change(source) is None

    def change(self, source: SourceFile) -> str | None:
        """What is no longer as it was: a file's name, or how sources are parsed; None when nothing is."""
        if source.arguments != self.arguments(source.side):
            return "the way it is parsed"
        known = ((source.path, source.sha256), *source.dependencies)
        return next((name for name, sha256 in known if (self._hash(self._project.root / name) or "") != sha256), None)
