"""Five hundred checks on two workers, one of them killed on the way: every outcome is evidence exactly once."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from db import queries
from tests.cluster.conftest import Local
from tests.cluster.test_cluster import WANTED
from tests.export.conftest import SYMBOLS, write
from tracker.actions import compile, scan
from tracker.actions.building import choose
from tracker.actions.clusters import open_cluster
from tracker.actions.ready import ready
from tracker.actions.requests import Options, request_for, run_requests
from tracker.actions.stations import Station
from tracker.actions.store import open_store
from tracker.cancel import Cancel
from tracker.config import load_project

pytestmark = [
    pytest.mark.skipif(not os.environ.get(WANTED), reason=f"needs {WANTED} (make test-cluster)"),
    pytest.mark.timeout(600),
]
ARCH, SEEDS = "gfx1100", range(250)


def test_five_hundred_checks_and_a_killed_worker(local: Callable[..., Local], tmp_path: Path) -> None:
    project = load_project(write(tmp_path / "project"))
    list(scan.scan(project, Cancel()))
    list(compile.compile_kernels(project, Cancel(), compile.Options(archs=(ARCH,))))
    engine = open_store(project)
    selection = choose(project, engine, [",".join(SYMBOLS)], [ARCH])
    first = [request_for(built, Options()) for built in ready(engine, selection, Station())]
    requests = [replace(request, seed=seed) for seed in SEEDS for request in first]
    running = local(("emulator=2",), ("emulator=2",))
    answered = 0
    with open_cluster(project, engine, running.address) as (station, _):
        for result in run_requests(engine, requests, station, Cancel()):
            assert result.outcome == "passed", result
            answered += 1
            if answered == len(requests) // 3:
                running.end(running.workers[0])
    kept = Counter((symbol, each.seed) for symbol in SYMBOLS for each in queries.evidence(engine, symbol))
    assert answered == len(requests) == 500
    assert kept == Counter((symbol, seed) for symbol in SYMBOLS for seed in SEEDS)
