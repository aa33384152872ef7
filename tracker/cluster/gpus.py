"""The GPUs of a worker: each is lent to one job at a time, and stays open while jobs of the same run follow."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from tracker.cancel import Cancel
from tracker.devices.isolated import IsolatedDevice
from tracker.devices.selection import Choice, Found, open_gpu

REST = 5.0
"""Seconds after which a GPU that nobody uses is closed: its memory belongs to others too."""
POLL = 0.1


class _Gpu:
    """One GPU, and the process that has it open for a run."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.used = 0.0
        self._open: tuple[IsolatedDevice, Cancel] | None = None

    def open(self, seconds: float, cancel: Cancel) -> IsolatedDevice:
        if self._open is None or self._open[1] is not cancel:
            self.close()
            self._open = open_gpu(Choice(self.found.kind, self.found.index), seconds, cancel), cancel
        return self._open[0]

    def close(self) -> None:
        if self._open:
            self._open[0].close()
        self._open = None


class Gpus:
    """GPUs to lend, by target id."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._free: dict[str, SimpleQueue[_Gpu]] = {gpu.target: SimpleQueue() for gpu in found}
        for gpu in found:
            self._free[gpu.target].put(_Gpu(gpu))

    @contextmanager
    def lend(self, target: str, seconds: float, cancel: Cancel) -> Iterator[IsolatedDevice]:
        """A GPU of that target id for the caller alone; waits for one.

        `seconds` limits a launch; `cancel`, one object a run, ends it. Raises CancelledError, and AbsentError when the
        GPU cannot be used.
        """
        gpu = self._take(target, cancel)
        try:
            yield gpu.open(seconds, cancel)
        finally:
            gpu.used = time.monotonic()
            self._free[target].put(gpu)

    def _take(self, target: str, cancel: Cancel) -> _Gpu:
        while True:
            cancel.check()
            try:
                return self._free[target].get(timeout=POLL)
            except Empty:
                continue

    def rest(self, idle: float = REST) -> None:
        """Close the GPUs that nobody has used for so many seconds."""
        for free in self._free.values():
            for _ in range(free.qsize()):
                try:
                    gpu = free.get_nowait()
                except Empty:
                    break
                if time.monotonic() - gpu.used >= idle:
                    gpu.close()
                free.put(gpu)
