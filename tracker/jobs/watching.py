"""Notices changed sources."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from tracker.config import Project
from tracker.errors import AbsentError, UsageError
from tracker.scan.sources import is_ignored

SUFFIXES = frozenset({".cu", ".cuh", ".hip", ".h", ".hh", ".hpp", ".inc", ".inl", ".c", ".cc", ".cpp", ".rs"})
DEBOUNCE_MS = 200
"""An editor's save is several events; a checkout is thousands."""


def sources(project: Project) -> list[Path]:
    """Every configured source folder and file that exists."""
    paths = (*project.cuda, *project.hip, *project.rust, *project.include)
    return [path for path in paths if path.exists()]


def watch(paths: Sequence[Path], stop: Event, changed: Callable[[list[str]], None], ignore: Sequence[str] = ()) -> None:
    """Call `changed` with the sources that changed and no pattern of `ignore` matches, until `stop` is set.

    Raises AbsentError without watchfiles, UsageError when there is nothing to watch.
    """
    try:
        from watchfiles import Change
        from watchfiles import watch as changes
    except ImportError as error:
        raise AbsentError("watching needs the package watchfiles", "pip install watchfiles") from error
    if not paths:
        raise UsageError("no source folder to watch", "name folders under `cuda` and `hip` in kerntrack.toml")

    def is_source(change: Change, path: str) -> bool:
        file = Path(path)
        return file.suffix in SUFFIXES and not any(
            is_ignored(file, folder, ignore) for folder in paths if folder != file and folder in file.parents
        )

    for found in changes(*paths, watch_filter=is_source, stop_event=stop, debounce=DEBOUNCE_MS, step=50):
        changed(sorted({path for _, path in found}))
