"""A scheduler and workers, each a process of its own, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tracker.cluster.client import Cluster

ROOT = Path(__file__).parents[2]
STARTS = 90.0
"""Seconds that a process may take to start on a busy machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Local:
    """A cluster on this machine. `environment` is added to that of every process."""

    def __init__(self, folder: Path, scheme: str = "tcp", environment: dict[str, str] | None = None) -> None:
        self.address = f"{scheme}://127.0.0.1:{free_port()}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None
        self._folder, self._started = folder, 0
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}

    def start_scheduler(self) -> None:
        host, port = self.address.rpartition("/")[2].split(":")
        options = ("--host", host, "--port", port, "--protocol", self.address.partition(":")[0], "--no-dashboard")
        self.scheduler = self._start("-m", "distributed.cli.dask_scheduler", *options)

    def start_worker(self, *resources: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A worker that offers so many of each, such as `emulator=1`; without any, what it finds."""
        command = ("-m", "tests.cluster.serve", self.address, *resources)
        self.workers.append(self._start(*command, environment=environment))
        return self.workers[-1]

    def wait(self, count: int) -> None:
        """Until so many workers are connected."""
        deadline = time.monotonic() + STARTS
        while True:
            try:
                with Cluster(self.address) as cluster:
                    if len(cluster.workers()) == count:
                        return
            except Exception as error:  # not there yet
                seen = repr(error)
            else:
                seen = "too few workers"
            assert time.monotonic() < deadline, f"{seen}\n{self.log()}"
            time.sleep(0.3)

    def end(self, process: subprocess.Popen[bytes] | None) -> None:
        """Kill it without a word."""
        if process and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.log")))

    def _start(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        self._started += 1
        own = {**self._environment, **(environment or {})}
        with (self._folder / f"{self._started}.log").open("wb") as log:
            return subprocess.Popen([sys.executable, *arguments], cwd=self._folder, env=own, stdout=log, stderr=log)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            self.end(process)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Callable[..., Local]]:
    """Start a cluster of workers with the given resources; ended after the test."""
    clusters: list[Local] = []

    def start(*workers: tuple[str, ...], scheme: str = "tcp", environment: dict[str, str] | None = None) -> Local:
        clusters.append(Local(tmp_path, scheme, environment))
        clusters[-1].start_scheduler()
        for resources in workers:
            clusters[-1].start_worker(*resources)
        clusters[-1].wait(len(workers))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.close()
