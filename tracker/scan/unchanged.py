"""Whether a scan's facts still hold, without parsing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from tracker.errors import UsageError
from tracker.scan.arguments import arguments_hash
from tracker.scan.facts import Side

ARGUMENTS = "<arguments>"
"""The dependency that stands for the command line of the parse and the scanner's own version."""


def unchanged(
    dependencies: Sequence[tuple[str, str]],
    side: Side,
    *,
    include: tuple[Path, ...] = (),
    defines: tuple[str, ...] = (),
    root: Path,
) -> bool:
    """True when every file that the stored scan read, and how it was parsed, is as it was."""
    if not dependencies:
        return False
    recorded = dict(dependencies)
    if recorded.pop(ARGUMENTS, None) != arguments_hash(side, include, defines, root):
        return False
    return all(_sha256(root / path) == digest for path, digest in recorded.items())


def read_source(path: Path) -> bytes:
    """A source file's content. Raises UsageError, naming the file, when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "Check the path and its permissions.") from error


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
