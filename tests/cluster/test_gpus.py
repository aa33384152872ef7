"""Workers with stand-ins for GPUs: where checks and timings go, what evidence says of them, and a worker's end."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db import queries
from tests.cluster.conftest import ROOT, Local
from tests.cluster.test_cluster import WANTED
from tests.devices.conftest import CUDA_SOURCE, HIP_SOURCE, Q4, Q5
from tests.devices.fakehip import build_library, settings
from tests.export.conftest import kerntrack
from tests.weights import every_type
from tracker.actions import compile
from tracker.actions.bench import Bench, bench
from tracker.actions.compile import compile_kernels
from tracker.actions.events import Checked, Event, Finished, Measured
from tracker.actions.requests import Options
from tracker.actions.store import open_store
from tracker.actions.verify import verify
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.check.results import CheckResult
from tracker.cluster.client import Cluster
from tracker.config import Project, load_project
from tracker.errors import AbsentError, CancelledError, UsageError

pytest.importorskip("hip", reason="needs hip-python")
pytestmark = [
    pytest.mark.skipif(not os.environ.get(WANTED), reason=f"needs {WANTED} (make test-cluster)"),
    pytest.mark.timeout(600),
]
STAND_INS = ROOT / "tests" / "devices"
MI210 = "gfx90a:sramecc+:xnack-"
Gpu = Callable[[str, str], dict[str, str]]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two kernels to check."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "all.cu").write_text(CUDA_SOURCE)
    (folder / "port.hip").write_text(HIP_SOURCE)
    builds = tmp_path / "builds"
    (folder / "kerntrack.toml").write_text(
        f'cuda = ["all.cu"]\nhip = ["port.hip"]\narchs = ["gfx90a", "gfx1030", "gfx1100"]\ncache = "{builds}"\n'
    )
    return load_project(folder)


@pytest.fixture
def amd(tmp_path: Path, project: Project) -> Gpu:
    """The environment of a worker on a host with an AMD GPU of a target id."""
    library = build_library(tmp_path / "rocm")

    def environment(host: str, target: str) -> dict[str, str]:
        found = settings(library, project.cache, target)
        return {**found, "PYTHONPATH": f"{ROOT}:{STAND_INS}", "KERNTRACK_TEST_HOST": host}

    return environment


@pytest.fixture
def nvidia(project: Project) -> dict[str, str]:
    """The environment of a worker on a host with an NVIDIA GPU."""
    unit = Unit(project.root / "port.hip")
    built = compile_unit(unit, "gfx1100", discover("ziglang")[0], project.cache, Cancel())
    path = f"{ROOT}:{STAND_INS}:{STAND_INS / 'fakecuda'}"
    return {"PYTHONPATH": path, "FAKECUDA_ASSEMBLY": str(built.assembly), "KERNTRACK_TEST_HOST": "rented"}


@pytest.fixture
def team(local: Callable[..., Local], amd: Gpu, nvidia: dict[str, str]) -> Local:
    """A host with an MI210, one with a Radeon, one with a GeForce, and one with none."""
    cluster = local()
    cluster.start_worker(environment=amd("rack", MI210))
    cluster.start_worker(environment=amd("desk", "gfx1100"))
    cluster.start_worker(environment=nvidia)
    cluster.start_worker("emulator=1", environment={"KERNTRACK_TEST_HOST": "laptop"})
    cluster.wait(4)
    return cluster


def results(events: Iterator[Event]) -> list[CheckResult]:
    """Everything that was checked, in order; the run must end well."""
    seen = list(events)
    assert isinstance(seen[-1], Finished) and seen[-1].good, seen
    return [event.result for event in seen if isinstance(event, Checked)]


def places(found: list[CheckResult]) -> set[tuple[Any, ...]]:
    return {(each.arch, each.device_kind, each.device_target, each.side) for each in found}


def test_each_check_goes_to_the_gpu_of_its_arch_and_says_where_it_was(team: Local, project: Project) -> None:
    found = results(verify(project, Cancel(), Options(cluster=team.address)))
    assert len(found) == 6
    assert places(found) == {
        ("gfx90a", "hip", MI210, "hip"),
        ("gfx1030", "emulator", "gfx1030", "hip"),
        ("gfx1100", "hip", "gfx1100", "hip"),
    }
    hosts = {each.arch: each.host for each in found if each.device_kind == "hip"}
    assert hosts == {"gfx90a": "rack", "gfx1100": "desk"}
    names = {each.device_name for each in found if each.device_kind == "hip"}
    assert names == {"Emulated Radeon"}
    engine = open_store(project)
    kept = [each for symbol in (Q4, Q5) for each in queries.evidence(engine, symbol)]
    assert Counter((each.arch, each.host) for each in kept if each.device_kind == "hip") == {
        ("gfx90a", "rack"): 2,
        ("gfx1100", "desk"): 2,
    }
    named = replace(project, cluster=team.address)
    held = [event for event in verify(named, Cancel(), Options()) if isinstance(event, Checked)]
    assert len(held) == 6 and all(event.held for event in held)
    here = results(verify(named, Cancel(), Options(archs=("gfx1100",), cluster="local")))
    assert places(here) == {("gfx1100", "emulator", "gfx1100", "hip")}
    told = kerntrack(project.root, "doctor", "--cluster", team.address).stdout
    assert f"rack: 1 x emulator, 1 x ziglang, 1 x {MI210}; Emulated Radeon ({MI210}); idle" in told
    assert "Emulated GeForce (sm_90); idle" in told and "laptop: 1 x emulator; idle" in told


def test_nvidia_gpus_check_the_port_and_the_originals_under_their_own_arch(team: Local, project: Project) -> None:
    port = results(verify(project, Cancel(), Options(cluster=team.address, device="cuda")))
    originals = results(verify(project, Cancel(), Options((Q5,), cluster=team.address, device="cuda", side="cuda")))
    assert len(port) == 2 and places(port) == {("sm_90", "cuda", "sm_90", "hip")}
    assert len(originals) == 1 and places(originals) == {("sm_90", "cuda", "sm_90", "cuda")}
    assert {each.host for each in (*port, *originals)} == {"rented"}
    rows = {row.symbol: row for row in queries.status(open_store(project), ["sm_90", "gfx90a"])}
    assert rows[Q5].archs["sm_90"].state == "verified" and rows[Q5].archs["gfx90a"].state == "none"


def test_real_weights_travel_as_the_rows_that_are_taken(team: Local, project: Project) -> None:
    options = Options(("arch:gfx1100,arch:gfx1030",), cluster=team.address, gguf=every_type.FILE)
    found = results(verify(project, Cancel(), options))
    assert {(each.arch, each.device_kind, each.effort) for each in found} == {
        ("gfx1030", "emulator", "case"),
        ("gfx1100", "hip", "case"),
    }
    assert len(found) == 4 and all("tensor=blk.0." in each.message and each.outcome == "passed" for each in found)


def test_kernels_are_timed_on_the_gpus_of_workers(team: Local, project: Project) -> None:
    wanted = Bench((Q5, "arch:gfx1100"), repeats=2, cluster=team.address)
    seen = list(bench(project, Cancel(), wanted))
    timed = [event.timing for event in seen if isinstance(event, Measured)]
    assert isinstance(seen[-1], Finished)
    assert {(each.host, each.device_name, each.arch) for each in timed} == {("desk", "Emulated Radeon", "gfx1100")}
    assert [each.host for each in queries.timings(open_store(project), Q5)] == ["desk"] * len(timed)


def test_a_gpu_that_nobody_has_is_said_at_once_with_who_is_there(local: Callable[..., Local], project: Project) -> None:
    cluster = local(("emulator=1", "ziglang=1"))
    for start in (
        lambda: bench(project, Cancel(), Bench((Q5,), cluster=cluster.address)),
        lambda: verify(project, Cancel(), Options(cluster=cluster.address, device="cuda")),
    ):
        with pytest.raises(AbsentError, match=r"has an (AMD|NVIDIA) GPU; connected: .*\(emulator, ziglang\)"):
            list(start())
    with pytest.raises(UsageError, match="a device of this machine"):
        list(verify(project, Cancel(), Options(cluster=cluster.address, device="cuda:0")))


def test_a_gpu_worker_killed_in_mid_job_loses_and_doubles_nothing(
    local: Callable[..., Local], amd: Gpu, project: Project
) -> None:
    cluster = local()
    hung = cluster.start_worker(environment={**amd("hung", "gfx1100"), "FAKEHIP_INJECT": "hang"})
    cluster.start_worker(environment=amd("sound", "gfx1100"))
    cluster.wait(2)
    list(compile_kernels(project, Cancel(), compile.Options(archs=("gfx1100",))))
    with ThreadPoolExecutor(1) as thread:
        options = Options(archs=("gfx1100",), cluster=cluster.address)
        run = thread.submit(lambda: results(verify(project, Cancel(), options)))
        with Cluster(cluster.address) as watching:
            while not run.done() and {each.offer.host: each.jobs for each in watching.workers()} != {
                "hung": 1,
                "sound": 0,
            }:
                time.sleep(0.05)
        assert not run.done()
        cluster.end(hung)
        assert {(each.symbol, each.host) for each in run.result()} == {(Q4, "sound"), (Q5, "sound")}
    engine = open_store(project)
    assert [len(queries.evidence(engine, symbol)) for symbol in (Q4, Q5)] == [1, 1]


def test_cancelling_ends_what_hangs_on_a_gpu_and_sets_it_free(
    local: Callable[..., Local], amd: Gpu, project: Project
) -> None:
    cluster, cancel = local(), Cancel()
    cluster.start_worker(environment={**amd("rack", "gfx1100"), "FAKEHIP_INJECT": "hang", "FAKEHIP_KERNEL": Q5})
    cluster.wait(1)
    list(compile_kernels(project, Cancel(), compile.Options(archs=("gfx1100",))))

    def cancel_once_it_runs() -> None:
        with Cluster(cluster.address) as watching:
            while not any(each.doing for each in watching.workers()):
                time.sleep(0.05)
        time.sleep(1)
        cancel.set()

    with ThreadPoolExecutor(1) as thread, pytest.raises(CancelledError):
        thread.submit(cancel_once_it_runs)
        list(verify(project, cancel, Options((Q5, "arch:gfx1100"), cluster=cluster.address)))
    (found,) = results(verify(project, Cancel(), Options((Q4, "arch:gfx1100"), cluster=cluster.address)))
    assert (found.symbol, found.host, found.device_kind) == (Q4, "rack", "hip")
