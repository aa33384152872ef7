"""Running functions in child processes that may crash, hang or be ended at any moment without harm to the program."""

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from tracker.cancel import Cancel
from tracker.errors import CancelledError

LOG = logging.getLogger(__name__)
Result = TypeVar("Result")
START_METHOD = "spawn" if sys.platform == "win32" else "forkserver"
POLL = 0.05
"""Seconds within which a cancel or time limit is noticed."""


class ChildCrashed(Exception):
    """The child ended before it returned. `signal` is e.g. `SIGSEGV`, empty when it exited by itself."""

    def __init__(self, exit_code: int, output: str) -> None:
        self.signal = signal.Signals(-exit_code).name if exit_code < 0 else ""
        self.exit_code = exit_code
        self.output = output
        """The last that the child wrote to stdout and stderr: a driver's own message."""
        how = f"was ended by {self.signal}" if self.signal else f"exited with code {exit_code}"
        super().__init__(f"the child process {how}" + (f": {output}" if output else ""))


class ChildTimeout(Exception):
    """The child was ended because its time was up."""


class Pool:
    """`workers` child processes, each started when first needed and replaced when it ended."""

    def __init__(self, workers: int, start_method: str = START_METHOD) -> None:
        """`start_method` of multiprocessing: children of a `forkserver` start quickly, `spawn` starts from nothing."""
        self._context: Any = multiprocessing.get_context(start_method)
        if start_method == "forkserver":
            self._context.set_forkserver_preload(["__main__", "numpy"])
        self._closed = Cancel()
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="child")

    def submit(
        self,
        function: Callable[..., Result],
        *arguments: Any,
        timeout: float | None = None,
        cancel: Cancel | None = None,
    ) -> Future[Result]:
        """Call a module-level function in a child; what goes in and comes out is pickled.

        The future raises what the function raised; ChildCrashed, ChildTimeout (after `timeout` seconds of running) or
        CancelledError when the child had to be given up.
        """
        return self._threads.submit(self._call, function, arguments, timeout, cancel or Cancel())

    def renew(self) -> None:
        """End the children that rest: what comes next gets fresh ones."""
        for child in self._resting():
            child.end()

    def close(self) -> None:
        """End every child now; futures that have not finished raise CancelledError."""
        self._closed.set()
        self._threads.shutdown(cancel_futures=True)
        self.renew()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self, function: Callable[..., Result], arguments: tuple[Any, ...], timeout: float | None, cancel: Cancel
    ) -> Result:
        child = self._child()
        deadline = None if timeout is None else time.monotonic() + timeout
        returned, value = child.call((function, arguments), deadline, (cancel, self._closed))
        self._idle.put(child)
        if not returned:
            raise value
        result: Result = value
        return result

    def _child(self) -> "_Child":
        for child in self._resting():
            if child.alive():
                return child
            child.end()
        return _Child(self._context)

    def _resting(self) -> Iterator["_Child"]:
        """Take children that have nothing to do, one after the other."""
        with contextlib.suppress(Empty):
            while True:
                yield self._idle.get_nowait()


class _Child:
    """One child process as its owner sees it. Not thread safe."""

    def __init__(self, context: Any) -> None:
        descriptor, log = tempfile.mkstemp(prefix="kerntrack-child-")
        os.close(descriptor)
        self._log = Path(log)
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, log), daemon=True)
        self._process.start()
        LOG.debug("child process %d begins", self._process.pid)
        theirs.close()

    def alive(self) -> bool:
        return bool(self._process.is_alive())

    def call(self, request: Any, deadline: float | None, stops: Sequence[Cancel]) -> tuple[bool, Any]:
        """(True, result) or (False, exception) of the function. Raises as `Pool.submit` says, the child then gone."""
        try:
            self._connection.send(request)
            while not wait([self._connection, self._process.sentinel], POLL):
                if any(stop.is_set() for stop in stops):
                    raise CancelledError("cancelled; what was finished before is kept")
                if deadline is not None and time.monotonic() > deadline:
                    raise ChildTimeout("the time limit was reached")
            outcome: tuple[bool, Any] = pickle.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            self._process.join()
            raise ChildCrashed(self._process.exitcode, self.end()) from None
        except BaseException:
            self.end()
            raise
        return outcome

    def end(self) -> str:
        """End the child and return what it wrote last."""
        self._process.kill()
        self._process.join()
        LOG.debug("child process %d ended with code %s", self._process.pid, self._process.exitcode)
        self._connection.close()
        output = self._log.read_bytes()[-2000:].decode(errors="replace").strip()
        self._log.unlink()
        return output


def _serve(connection: Connection, log: str) -> None:
    """Life of a child: answer requests until the owner's end of the connection closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the owner decides
    sink = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    threading.Thread(target=_follow_owner, args=(log,), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            function, arguments = connection.recv()
            connection.send_bytes(_answer(function, arguments))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    try:
        return pickle.dumps((True, function(*arguments)))
    except Exception as error:
        return _pickled(error)


def _pickled(error: Exception) -> bytes:
    try:
        packed = pickle.dumps((False, error))
        pickle.loads(packed)
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return packed


def _follow_owner(log: str) -> None:
    """End with the owner, however that ended and whatever runs here at the time."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        wait([owner.sentinel])
        Path(log).unlink(missing_ok=True)
        os._exit(1)
