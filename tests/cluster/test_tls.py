"""Encrypted connections with Dask's own settings; whoever has no certificate of the same authority stays outside."""

import os
from collections.abc import Callable
from pathlib import Path

import dask.config
import pytest
from distributed import Client
from distributed.security import Security

from tests.cluster import work
from tests.cluster.conftest import Local
from tests.cluster.test_cluster import WANTED
from tracker.cancel import Cancel
from tracker.cluster.client import Cluster
from tracker.cluster.remote import Job
from tracker.errors import AbsentError

pytestmark = [
    pytest.mark.skipif(not os.environ.get(WANTED), reason=f"needs {WANTED} (make test-cluster)"),
    pytest.mark.timeout(600),
]


def settings(folder: Path) -> dict[str, str]:
    """A new authority's certificate and key as Dask's settings, by their dotted names."""
    folder.mkdir()
    made = Security.temporary()
    (folder / "cert.pem").write_text(str(made.tls_client_cert))
    (folder / "key.pem").write_text(str(made.tls_client_key))
    found = {"ca-file": str(folder / "cert.pem")}
    for role in ("client", "worker", "scheduler"):
        found |= {f"{role}.cert": str(folder / "cert.pem"), f"{role}.key": str(folder / "key.pem")}
    return {f"distributed.comm.tls.{name}": value for name, value in found.items()}


def test_only_holders_of_certificates_get_in(local: Callable[..., Local], tmp_path: Path) -> None:
    known, foreign = settings(tmp_path / "known"), settings(tmp_path / "foreign")
    environment = {
        "DASK_" + name.replace("-", "_").replace(".", "__").upper(): value for name, value in known.items()
    } | {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    with dask.config.set(known):
        running = local(("emulator=1",), scheme="tls", environment=environment)
        with Cluster(running.address) as cluster:
            (worker,) = cluster.workers()
            assert worker.address.startswith("tls://")
            ((_, answer),) = cluster.run([Job("emulator", work.quick)], {}, Cancel())
            assert answer.pid == running.workers[0].pid
    with dask.config.set(foreign), pytest.raises(AbsentError, match="no scheduler answers"):
        Cluster(running.address)
    for address in (running.address, worker.address):
        with pytest.raises(OSError):
            Client(address.replace("tls://", "tcp://"), timeout=5)
