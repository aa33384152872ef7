"""Jobs a second on one and on two workers of a local cluster, the overhead of a job, and runs with a worker killed.

    python -m benchmarks.cluster [JOBS] [RUNS]

A job waits 40 ms, as a check that a device executes: on a machine of few cores workers would otherwise only take
processor time from each other. Wanted: twice the workers at least 1.8 times the throughput; at most 30 ms of overhead
a job; over 20 runs with a worker killed at a random moment no answer lost and none twice.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.cluster import work
from tests.cluster.conftest import Local
from tracker.cancel import Cancel
from tracker.cluster.client import Cluster
from tracker.cluster.remote import Job

KILLED_JOBS = 40


def seconds(workers: int, jobs: int) -> tuple[float, float]:
    """Wall and this process's processor seconds for so many jobs on so many workers of one thread."""
    with tempfile.TemporaryDirectory() as folder:
        local = Local(Path(folder))
        try:
            local.start_scheduler()
            for _ in range(workers):
                local.start_worker("emulator=1")
            local.wait(workers)
            with Cluster(local.address) as cluster:
                list(cluster.run([Job("emulator", work.device)] * 10, {}, Cancel()))
                started, processor = time.perf_counter(), time.process_time()
                answers = list(cluster.run([Job("emulator", work.device)] * jobs, {}, Cancel()))
                assert len(answers) == jobs
                return time.perf_counter() - started, time.process_time() - processor
        finally:
            local.close()


def killed(runs: int, seed: int) -> tuple[int, int]:
    """Answers lost and answers given twice, over runs of which each loses one of two workers at a random moment."""
    chance, lost, doubled = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        local = Local(Path(folder))
        try:
            local.start_scheduler()
            local.start_worker("emulator=1")
            for number in range(runs):
                victim, moment = local.start_worker("emulator=1"), chance.randrange(KILLED_JOBS // 2)
                local.wait(2)
                found: Counter[int] = Counter()
                with Cluster(local.address) as cluster:
                    for place, _ in cluster.run([Job("emulator", work.device)] * KILLED_JOBS, {}, Cancel()):
                        found[place] += 1
                        if found.total() == moment + 1:
                            local.end(victim)
                lost += KILLED_JOBS - len(found)
                doubled += found.total() - len(found)
                print(f"run {number + 1} of {runs}: {len(found)} of {KILLED_JOBS} answered", file=sys.stderr)
        finally:
            local.close()
    return lost, doubled


def main() -> None:
    """Print the figures."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    (one, processor), (two, _) = seconds(1, jobs), seconds(2, jobs)
    overhead = 1000 * (one / jobs - work.DEVICE_SECONDS)
    print(f"{jobs} jobs of {1000 * work.DEVICE_SECONDS:.0f} ms: one worker {one:.1f} s, two {two:.1f} s")
    print(f"two workers: {one / two:.2f} times the throughput of one (wanted: at least 1.8)")
    print(
        f"overhead: {overhead:.1f} ms a job (wanted: at most 30), sender's processor {1000 * processor / jobs:.1f} ms"
    )
    lost, doubled = killed(runs, seed=0)
    print(f"{runs} runs with a worker killed: {lost} answers lost, {doubled} given twice (wanted: none)")


if __name__ == "__main__":
    main()
