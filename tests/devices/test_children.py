"""Children that return, raise, crash, hang and are given up: the program must see which, and go on."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tracker.cancel import Cancel
from tracker.devices.children import ChildCrashed, ChildTimeout, Pool
from tracker.errors import CancelledError, UsageError


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2) as pool:
        yield pool


def process_id() -> int:
    return os.getpid()


def doubled(data: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    return data * 2


def complain() -> None:
    raise UsageError("no such thing", "look elsewhere")


def complain_with_a_lock() -> None:
    raise RuntimeError("here is a lock", threading.Lock())


def return_a_lock() -> object:
    return threading.Lock()


def crash() -> None:
    os.write(2, b"Memory access fault by GPU node-1\n")
    ctypes.string_at(0)


def leave() -> None:
    os._exit(7)


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def spin() -> None:
    while True:
        pass


def test_a_large_array_goes_in_and_comes_out(pool: Pool) -> None:
    data = np.arange(3_000_000, dtype=np.uint32).view(np.uint8)
    assert np.array_equal(pool.submit(doubled, data).result(), data * 2)


def test_an_error_arrives_with_its_remedy_and_the_child_lives_on(pool: Pool) -> None:
    child = pool.submit(process_id).result()
    with pytest.raises(UsageError, match="no such thing") as raised:
        pool.submit(complain).result()
    assert raised.value.remedy == "look elsewhere"
    assert pool.submit(process_id).result() == child != os.getpid()


@pytest.mark.parametrize("function", [complain_with_a_lock, return_a_lock])
def test_what_cannot_be_sent_back_is_an_error_not_a_hang(pool: Pool, function: object) -> None:
    with pytest.raises((RuntimeError, TypeError), match="lock"):
        pool.submit(function).result()  # type: ignore[arg-type]


def test_a_crash_names_the_signal_and_what_the_driver_said(pool: Pool) -> None:
    with pytest.raises(ChildCrashed) as raised:
        pool.submit(crash).result()
    assert raised.value.signal == "SIGSEGV"
    assert raised.value.output == "Memory access fault by GPU node-1"
    assert pool.submit(sleep, 0.0).result() == 0.0


def test_a_child_that_exits_tells_its_code(pool: Pool) -> None:
    with pytest.raises(ChildCrashed, match="exited with code 7"):
        pool.submit(leave).result()


def test_a_hang_ends_at_the_time_limit(pool: Pool) -> None:
    started = time.monotonic()
    with pytest.raises(ChildTimeout):
        pool.submit(spin, timeout=0.3).result()
    assert 0.3 <= time.monotonic() - started < 2


def test_cancelling_ends_the_child_at_once(pool: Pool) -> None:
    cancel = Cancel()
    future = pool.submit(spin, cancel=cancel)
    time.sleep(0.2)
    started = time.monotonic()
    cancel.set()
    with pytest.raises(CancelledError):
        future.result()
    assert time.monotonic() - started < 1


def test_two_workers_work_at_the_same_time(pool: Pool) -> None:
    for future in [pool.submit(process_id) for _ in range(8)]:  # both children are up
        future.result()
    started = time.monotonic()
    both = [pool.submit(sleep, 0.5) for _ in range(2)]
    assert [future.result() for future in both] == [0.5, 0.5]
    assert time.monotonic() - started < 0.9


def test_closing_ends_running_and_waiting_work() -> None:
    pool = Pool(1)
    child = pool.submit(process_id).result()
    running, waiting = pool.submit(spin), pool.submit(spin)
    time.sleep(0.2)
    pool.close()
    with pytest.raises(CancelledError):
        running.result()
    assert waiting.cancelled()
    assert not _alive(child)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_child_does_not_outlive_a_killed_program() -> None:
    script = (
        "from tracker.devices.children import Pool\n"
        "from tests.devices.test_children import process_id, spin\n"
        "pool = Pool(1)\nprint(pool.submit(process_id).result(), flush=True)\npool.submit(spin).result()\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert program.stdout
    child = int(program.stdout.readline())
    assert _alive(child)
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    deadline = time.monotonic() + 5
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(process: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False
