"""Plain connections are for this machine alone, and everything else needs certificates; said in one message."""

import subprocess
import sys
import time
from pathlib import Path

import dask.config
import pytest

from tests.export.conftest import kerntrack
from tracker.cluster.security import security
from tracker.errors import AbsentError, UsageError


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"])
def test_plain_connections_on_this_machine(address: str) -> None:
    assert security(address) is None


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tcp://scheduler:8786", "tcp://0.0.0.0:8786"])
def test_plain_connections_between_machines_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="plain connections") as caught:
        security(address)
    assert "tls://" in caught.value.remedy


@pytest.mark.parametrize("address", ["scheduler:8786", "http://127.0.0.1:1", "ucx://127.0.0.1:1", ""])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="not a scheduler's address"):
        security(address)


def test_tls_needs_certificates_and_encrypts() -> None:
    with dask.config.set({"distributed.comm.tls.ca-file": None}), pytest.raises(UsageError, match="no certificates"):
        security("tls://scheduler:8786")
    with dask.config.set({"distributed.comm.tls.ca-file": "ca.pem"}):
        settings = security("tls://scheduler:8786")
    assert settings is not None and settings.require_encryption


def test_the_command_line_says_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for command in (["worker"], ["doctor", "--cluster"]):
        ended = kerntrack(tmp_path, *command, "tcp://10.0.0.1:8786")
        assert ended.exit_code == 2 and "plain connections" in ended.stderr
    ended = kerntrack(tmp_path, "worker")
    assert ended.exit_code == 2 and "no scheduler is named" in ended.stderr
    (tmp_path / "kerntrack.toml").write_text('cluster = "tcp://10.0.0.1:8786"')
    ended = kerntrack(tmp_path, "worker")
    assert ended.exit_code == 2 and "tcp://10.0.0.1:8786: plain connections" in ended.stderr
    ended = kerntrack(tmp_path, "doctor", "--cluster", "tcp://127.0.0.1:1")
    assert ended.exit_code == 3 and "no scheduler answers" in ended.stderr


def test_a_worker_that_finds_no_scheduler_can_be_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tracker", "-C", str(tmp_path), "worker", "tcp://127.0.0.1:1"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr and "offers" in worker.stderr.readline()
        time.sleep(2)  # it tries to connect
        worker.terminate()
        try:
            assert worker.wait(timeout=30) == 0
        finally:
            worker.kill()


def test_without_distributed_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed.security", None)
    with pytest.raises(AbsentError) as caught:
        security("tcp://127.0.0.1:8786")
    assert "pip install distributed" in caught.value.remedy
