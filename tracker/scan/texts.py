"""The source texts of one translation unit as libclang names them, and the places that facts report."""

from functools import cache
from pathlib import Path

from tracker.scan.facts import Place


class Texts:
    """Reads each file once. Paths become relative to `root` where they lie under it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.content = cache(self._content)
        self.path = cache(self._path)

    def slice(self, file: str, start: int, end: int) -> str:
        """Text between two byte offsets."""
        return self.content(file)[start:end].decode("utf-8", "replace")

    def place(self, file: str, line: int) -> Place:
        """A place for the facts."""
        return Place(self.path(file), line)

    def _content(self, file: str) -> bytes:
        return Path(file).read_bytes() if file else b""

    def _path(self, file: str) -> str:
        return relative(Path(file), self._root)


def relative(path: Path, root: Path) -> str:
    """Posix path relative to `root` (resolved), absolute when it lies elsewhere."""
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else resolved.as_posix()
