"""Where checks run on this machine: how many at a time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tracker.actions.stations import Station
from tracker.cancel import Cancel


@dataclass(frozen=True)
class Meeting:
    """A task that waits for another one to have begun."""

    folder: Path
    number: int
    other: int
    patience: float
    """Seconds."""
    arch: str = "gfx1100"
    files: tuple[Path, ...] = ()

    def moved(self, to: Mapping[str, Path]) -> "Meeting":
        """Nothing to move."""
        return self

    def emulate(self) -> bool:
        """Whether the other came in time."""
        (self.folder / str(self.number)).touch()
        end = time.monotonic() + self.patience
        while not (self.folder / str(self.other)).exists() and time.monotonic() < end:
            time.sleep(0.01)
        return (self.folder / str(self.other)).exists()

    def on_gpu(self, gpu: Any, cancel: Cancel) -> bool:
        """Never asked for."""
        raise AssertionError

    def broken(self, message: str, gpu: Any = None, late: bool = False) -> bool:
        """Never asked for."""
        raise AssertionError(message)


@pytest.mark.parametrize(("jobs", "patience", "met"), [(1, 0.3, [False, True]), (2, 60, [True, True])])
def test_so_many_emulators_run_at_a_time_as_there_are_jobs(
    tmp_path: Path, jobs: int, patience: float, met: list[bool]
) -> None:
    tasks = [Meeting(tmp_path, 1, 2, patience), Meeting(tmp_path, 2, 1, patience)]
    assert list(Station(jobs=jobs).run(tasks, Cancel())) == met
