"""What runs on a worker: files by content hash, jobs in child processes, cancelled from afar."""

import atexit
import hashlib
import pickle
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Generic, TypeVar

from tracker.cancel import Cancel

Answer = TypeVar("Answer")
Paths = Mapping[str, Path]


@dataclass(frozen=True)
class Job(Generic[Answer]):
    """One piece of work that can be pickled.

    `work` is called on a worker that has one of `resource` to spare, with the local paths of `files` by name.
    """

    resource: str
    work: Callable[[Paths, Cancel], Answer]
    files: tuple[tuple[str, str], ...] = ()
    """(name, sha256 of the content)."""
    title: str = ""
    """For people who watch."""


class _Runs:
    """The `Cancel` of every run that this worker has had a job of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Cancel] = {}

    def cancel(self, run: str) -> Cancel:
        with self._lock:
            return self._known.setdefault(run, Cancel())


_RUNS = _Runs()


def perform(pickled: bytes, run: str, contents: Sequence[bytes]) -> Any:
    """Do a job; `contents` are those of its files. Raises CancelledError once its run is given up.

    The job comes pickled: the scheduler, which it passes through, need not know what is in it.
    """
    job: Job[Any] = pickle.loads(pickled)
    cancel = _RUNS.cancel(run)
    cancel.check()
    paths = {name: _file(digest, name, content) for (name, digest), content in zip(job.files, contents, strict=True)}
    _DOING[threading.get_ident()] = job.title
    try:
        return job.work(paths, cancel)
    finally:
        del _DOING[threading.get_ident()]


_DOING: dict[int, str] = {}
"""The job of each thread."""


def doing() -> tuple[str, ...]:
    """The jobs that run here now."""
    return tuple(sorted(_DOING.copy().values()))


def give_up(run: str) -> None:
    """Stop the jobs of a run that are running here."""
    _RUNS.cancel(run).set()


def digest(content: bytes) -> str:
    """The name of a content."""
    return hashlib.sha256(content).hexdigest()


@cache
def _folder() -> Path:
    folder = mkdtemp(prefix="kerntrack-worker-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _file(digest: str, name: str, content: bytes) -> Path:
    """The file of a content, written when it is first needed."""
    path = _folder() / digest / Path(name).name
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f"{path.name}.{threading.get_ident()}.part")
        part.write_bytes(content)
        part.replace(path)
    return path
