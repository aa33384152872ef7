"""Jobs that tests send to workers."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.cancel import Cancel
from tracker.cluster.remote import Paths


@dataclass(frozen=True)
class Done:
    """Which process did the job, and the inode and content of each of its files."""

    pid: int
    files: dict[str, tuple[int, bytes]]


def quick(paths: Paths, cancel: Cancel) -> Done:
    """Say who does it."""
    return Done(os.getpid(), {name: (path.stat().st_ino, path.read_bytes()) for name, path in paths.items()})


DEVICE_SECONDS = 0.04


def device(paths: Paths, cancel: Cancel) -> None:
    """Wait as long as a quick check on a device takes."""
    time.sleep(DEVICE_SECONDS)


def slow(paths: Paths, cancel: Cancel) -> Done:
    """Take a while, as a check on a device does."""
    cancel.wait(0.1)
    return quick(paths, cancel)


def endless(mark: Path, paths: Paths, cancel: Cancel) -> None:
    """Wait to be cancelled, and leave a mark when that came."""
    (mark / f"begun-{os.getpid()}").touch()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if cancel.wait(0.05):
            (mark / f"stopped-{os.getpid()}").touch()
            cancel.check()


def fatal(paths: Paths, cancel: Cancel) -> None:
    """End the worker that does it."""
    os._exit(1)


def wrong(paths: Paths, cancel: Cancel) -> None:
    """Fail."""
    raise ValueError("no such thing")


def cut(dask_worker: Any) -> None:
    """Close a worker's connection to its scheduler."""
    dask_worker.loop.call_later(0.05, dask_worker.batched_stream.comm.abort)  # once this call is answered
