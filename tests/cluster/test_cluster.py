"""Jobs on three worker processes: where they go, and that each is answered exactly once, come what may."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import work
from tests.cluster.conftest import Local
from tracker.actions.workers import watch
from tracker.cancel import Cancel
from tracker.cluster.client import Cluster
from tracker.cluster.remote import Job, digest
from tracker.errors import AbsentError, CancelledError

WANTED = "KERNTRACK_TEST_CLUSTER"
pytestmark = [
    pytest.mark.skipif(not os.environ.get(WANTED), reason=f"needs {WANTED} (make test-cluster)"),
    pytest.mark.timeout(600),
]
Start = Callable[..., Local]
EMULATOR = ("emulator=1",)


@pytest.fixture
def three(local: Start) -> Local:
    return local(EMULATOR, ("emulator=1", "gfx90a=1"), ("gfx1100=1", "ziglang=1"))


@pytest.fixture
def cluster(three: Local) -> Iterator[Cluster]:
    with Cluster(three.address) as cluster:
        yield cluster


def answers(cluster: Cluster, jobs: list[Job[Any]], contents: dict[str, bytes] | None = None) -> dict[int, Any]:
    """Every answer by place; a place that is answered twice is a failure."""
    found: dict[int, Any] = {}
    for place, answer in cluster.run(jobs, contents or {}, Cancel()):
        assert place not in found
        found[place] = answer
    assert sorted(found) == list(range(len(jobs)))
    return found


def test_jobs_go_where_their_resource_is(three: Local, cluster: Cluster) -> None:
    first, second, third = (worker.pid for worker in three.workers)
    kinds = ["emulator", "gfx90a", "gfx1100"] * 20
    found = answers(cluster, [Job(kind, work.quick) for kind in kinds])
    where = {kind: {found[place].pid for place, each in enumerate(kinds) if each == kind} for kind in kinds}
    assert where == {"emulator": where["emulator"], "gfx90a": {second}, "gfx1100": {third}}
    assert where["emulator"] <= {first, second}
    offers = {frozenset(worker.offer.resources) for worker in cluster.workers()}
    assert offers == {frozenset({"emulator"}), frozenset({"emulator", "gfx90a"}), frozenset({"gfx1100", "ziglang"})}


def test_a_file_is_written_once_on_each_worker(cluster: Cluster) -> None:
    contents = {digest(content): content for content in (b"assembly", b"code object")}
    files = tuple(zip(("kernel.s", "kernel.hsaco"), contents, strict=True))
    found = answers(cluster, [Job(kind, work.quick, files) for kind in ("emulator", "gfx1100") * 30], contents)
    inodes: dict[int, set[Any]] = {}
    for done in found.values():
        assert {name: content for name, (_, content) in done.files.items()} == {
            "kernel.s": b"assembly",
            "kernel.hsaco": b"code object",
        }
        inodes.setdefault(done.pid, set()).add(tuple(inode for inode, _ in done.files.values()))
    assert all(len(each) == 1 for each in inodes.values())


def test_what_nobody_offers_is_said_at_once(cluster: Cluster) -> None:
    with pytest.raises(AbsentError, match="offers gfx942; connected: ") as caught:
        next(cluster.run([Job("gfx942", work.quick)], {}, Cancel()))
    assert "gfx1100, ziglang" in caught.value.message and "kerntrack worker" in caught.value.remedy


def test_a_job_that_fails_is_an_answer(cluster: Cluster) -> None:
    found = answers(cluster, [Job("emulator", work.wrong), Job("emulator", work.quick)])
    assert isinstance(found[0], ValueError) and isinstance(found[1], work.Done)


def test_a_worker_killed_in_mid_job_loses_and_doubles_nothing(three: Local, cluster: Cluster) -> None:
    jobs, found = [Job("emulator", work.slow) for _ in range(60)], Counter()
    by: Counter[int] = Counter()
    for place, answer in cluster.run(jobs, {}, Cancel()):
        if not found:
            three.end(three.workers[0])
        found[place] += 1
        by[answer.pid] += 1
    assert found == Counter(range(60))
    assert by[three.workers[1].pid] > 40


def test_five_hundred_jobs_are_answered_once_each(cluster: Cluster) -> None:
    assert len(answers(cluster, [Job("emulator", work.quick) for _ in range(500)])) == 500


def test_cancelling_stops_what_runs(cluster: Cluster, tmp_path: Path) -> None:
    cancel = Cancel()

    def ask() -> None:
        while not list(tmp_path.glob("begun-*")):
            time.sleep(0.05)
        cancel.set()

    threading.Thread(target=ask, daemon=True).start()
    with pytest.raises(CancelledError):
        list(cluster.run([Job("emulator", partial(work.endless, tmp_path)) for _ in range(4)], {}, cancel))
    deadline = time.monotonic() + 30
    while len(list(tmp_path.glob("stopped-*"))) < len(list(tmp_path.glob("begun-*"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_restarted_scheduler_is_found_again(three: Local, cluster: Cluster) -> None:
    found: Counter[int] = Counter()
    for place, _ in cluster.run([Job("emulator", work.slow) for _ in range(40)], {}, Cancel()):
        if not found:
            three.end(three.scheduler)
            three.start_scheduler()
        found[place] += 1
    assert found == Counter(range(40))


def test_a_cut_connection_is_made_again(cluster: Cluster) -> None:
    found: Counter[int] = Counter()
    for place, _ in cluster.run([Job("emulator", work.slow) for _ in range(40)], {}, Cancel()):
        if not found:
            client = cluster._client
            client.loop.add_callback(client.scheduler_comm.comm.abort)
        found[place] += 1
    assert found == Counter(range(40))


def test_a_worker_that_was_cut_off_comes_back(three: Local, cluster: Cluster) -> None:
    found: Counter[int] = Counter()
    victim = cluster.workers()[0].address
    for place, _ in cluster.run([Job("emulator", work.slow) for _ in range(40)], {}, Cancel()):
        if not found:
            cluster._client.run(work.cut, workers=[victim], on_error="ignore")
        found[place] += 1
    assert found == Counter(range(40))
    three.wait(3)
    assert three.log().count(f"connected to {three.address}") == 4


def test_watching_tells_who_is_there_what_they_do_and_when_the_scheduler_is_away(three: Local) -> None:
    stop = threading.Event()
    looks = watch(three.address, stop, every=0.1)
    assert len(next(looks).workers) == 3

    def work_on() -> None:
        with Cluster(three.address) as cluster:
            list(cluster.run([Job("gfx90a", work.slow, title="q5_1 for gfx90a")] * 30, {}, Cancel()))

    thread = threading.Thread(target=work_on)
    thread.start()
    busy = next(each for look in looks for each in look.workers if each.doing)
    assert busy.doing == ("q5_1 for gfx90a",) and busy.jobs > 1 and "gfx90a" in busy.offer.resources
    thread.join()
    three.end(three.scheduler)
    away = next(look for look in looks if look.trouble)
    assert "no scheduler answers" in away.trouble or "went away" in away.trouble
    assert len(away.workers) == 3
    three.start_scheduler()
    assert next(look for look in looks if not look.trouble and len(look.workers) == 3)
    stop.set()
    assert list(looks) == []
