"""A worker's GPUs: one job at a time each, open as long as jobs of one run follow each other."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tracker.cancel import Cancel
from tracker.cluster import gpus
from tracker.cluster.gpus import Gpus
from tracker.devices.selection import Choice, Found
from tracker.errors import AbsentError, CancelledError


class Device:
    """An open GPU."""

    def __init__(self, choice: Choice) -> None:
        self.choice, self.closed = choice, False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """Every device that was opened."""
    devices: list[Device] = []

    def open_gpu(choice: Choice, seconds: float, cancel: Cancel) -> Any:
        if choice.index == 9:
            raise AbsentError("it fell off the bus")
        devices.append(Device(choice))
        return devices[-1]

    monkeypatch.setattr(gpus, "open_gpu", open_gpu)
    return devices


def found(*indices: int, target: str = "gfx1100") -> list[Found]:
    return [Found("hip", index, "Radeon", target, "HIP") for index in indices]


def test_each_gpu_has_one_job_at_a_time_and_all_have_some(opened: list[Device]) -> None:
    here, run = Gpus([*found(0, 1), *found(2, target="gfx90a")]), Cancel()
    lock, busy, jobs = threading.Lock(), Counter[int](), Counter[int]()

    def job(number: int) -> None:
        with here.lend("gfx1100", 1.0, run) as device:
            index = device.choice.index  # type: ignore[attr-defined]
            with lock:
                busy[index] += 1
                assert busy[index] == 1
            time.sleep(0.01)
            with lock:
                busy[index] -= 1
                jobs[index] += 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(job, range(40)))
    assert set(jobs) == {0, 1} and jobs.total() == 40
    assert sorted(device.choice.index for device in opened) == [0, 1]


def test_another_run_gets_the_gpu_afresh_and_one_that_rests_is_closed(opened: list[Device]) -> None:
    here, first, second = Gpus(found(0)), Cancel(), Cancel()
    for run in (first, first, second):
        with here.lend("gfx1100", 1.0, run):
            pass
    assert [device.closed for device in opened] == [True, False]
    here.rest()
    assert not opened[1].closed
    here.rest(idle=0)
    assert opened[1].closed


def test_who_waits_can_be_cancelled_and_a_gpu_that_fails_is_given_back(opened: list[Device]) -> None:
    here, waiting = Gpus([*found(0), *found(9, target="gfx90a")]), Cancel()
    with here.lend("gfx1100", 1.0, Cancel()):
        threading.Timer(0.05, waiting.set).start()
        with pytest.raises(CancelledError), here.lend("gfx1100", 1.0, waiting):
            pass
    for _ in range(2):
        with pytest.raises(AbsentError, match="off the bus"), here.lend("gfx90a", 1.0, Cancel()):
            pass
