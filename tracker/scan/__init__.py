"""libclang: translation unit → kernels. Knows nothing of builds and devices."""

from pathlib import Path

from tracker.scan.facts import FileFacts, Side
from tracker.scan.sources import find_sources

__all__ = ["find_sources", "scan_file"]


def scan_file(
    path: Path,
    side: Side,
    *,
    include: tuple[Path, ...] = (),
    defines: tuple[str, ...] = (),
    root: Path | None = None,
) -> FileFacts:
    """Parse one file and tell what it holds; paths in the facts are relative to `root` (default: the file's folder).

    A file that does not parse cleanly gives what could be known, with the diagnostics. Raises UsageError when the
    file cannot be read. libclang is only loaded here.
    """
    from tracker.scan import parse

    return parse.scan_file(path, side, include=include, defines=defines, root=root)
