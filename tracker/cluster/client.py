"""The side that has work: sends each job to a worker that can do it, and gets every answer exactly once."""

import pickle
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from tracker.cancel import Cancel
from tracker.cluster.remote import Job, give_up, perform
from tracker.cluster.security import security
from tracker.cluster.worker import Offer, own_state
from tracker.errors import AbsentError, CancelledError

Answer = TypeVar("Answer")
CONNECT_SECONDS = 10.0
RETURN_SECONDS = 60.0
"""How long a scheduler or the last worker for a job may stay away before the run is given up."""
POLL = 0.1
TRIES = 5
"""Times that a job is sent out; each time before, its worker ended or was lost."""


@dataclass(frozen=True)
class Worker:
    """A connected worker, and what it does at this moment."""

    address: str
    offer: Offer
    doing: tuple[str, ...]
    """The jobs that run."""
    jobs: int
    """How many run or wait there."""


class Cluster:
    """A connection to a scheduler. Raises what `security` raises, and AbsentError when there is none to reach."""

    def __init__(self, address: str, seconds: float = CONNECT_SECONDS) -> None:
        """`seconds` that it has to answer."""
        self.address = address
        self._client = self._connect(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close(timeout=2)

    def workers(self) -> list[Worker]:
        """Workers of kerntrack that are connected now."""
        states = self._client.run(own_state, on_error="ignore")
        has = self._client.processing()
        return [
            Worker(address, offer, doing, len(has.get(address, ())))
            for address, (offer, doing) in sorted(states.items())
        ]

    def require(self, resources: set[str]) -> None:
        """Raises AbsentError, saying who is connected, when nobody offers one of `resources`."""
        workers = self.workers()
        missing = sorted(resources - {name for worker in workers for name in worker.offer.resources})
        if missing:
            there = "; ".join(f"{w.offer.host}: {', '.join(w.offer.resources)}" for w in workers) or "nobody"
            raise AbsentError(
                f"no worker at {self.address} offers {', '.join(missing)}; connected: {there}",
                f"start one where it is: kerntrack worker {self.address}",
            )

    def run(
        self, jobs: Sequence[Job[Answer]], contents: Mapping[str, bytes], cancel: Cancel
    ) -> Iterator[tuple[int, Answer | Exception]]:
        """Do every job; yields (its place in `jobs`, answer or the exception it raised), each place once.

        `contents` are the files by sha256; a worker gets each once. A job whose worker ends is sent to another.
        Raises CancelledError once cancelled, and AbsentError when nobody can do what is left.
        """
        run, waiting = uuid.uuid4().hex, dict(enumerate(jobs))
        tries: Counter[int] = Counter()
        self.require({job.resource for job in jobs})
        try:
            while waiting:
                for place, answer in self._round(run, waiting, contents, tries, cancel):
                    del waiting[place]
                    yield place, answer
                if waiting:
                    self._await_workers({job.resource for job in waiting.values()}, cancel)
        finally:
            if waiting:
                self._give_up(run)

    def _round(
        self,
        run: str,
        jobs: Mapping[int, Job[Answer]],
        contents: Mapping[str, bytes],
        tries: Counter[int],
        cancel: Cancel,
    ) -> Iterator[tuple[int, Answer | Exception]]:
        """Send jobs out and yield what comes back; ends with jobs unanswered when they were lost."""
        finished: SimpleQueue[Any] = SimpleQueue()
        places = self._submit(run, jobs, contents, tries)
        for future in places:
            future.add_done_callback(finished.put)
        looked = time.monotonic()
        while places:
            ready = _ready(finished)
            if not ready:
                cancel.check()
                if time.monotonic() - looked > RETURN_SECONDS:
                    self._await_workers({jobs[place].resource for place in places.values()}, cancel)
                    looked = time.monotonic()
                continue
            looked = time.monotonic()
            for future, answer in zip(ready, self._answers(ready), strict=True):
                place = places.pop(future)
                if answer is not LOST or tries[place] >= TRIES:
                    yield place, answer if answer is not LOST else _worker_ended(tries[place])

    def _answers(self, futures: Sequence[Any]) -> list[Any]:
        """What jobs returned or raised, fetched together, or `LOST`. Raises CancelledError when one was cancelled."""
        good = [future for future in futures if future.status == "finished"]
        try:
            found = dict(zip(good, self._client.gather(good), strict=True))
        except Exception:  # one of them was lost meanwhile: each for itself
            found = {}
        return [found[future] if future in found else _answer(future) for future in futures]

    def _submit(
        self, run: str, jobs: Mapping[int, Job[Answer]], contents: Mapping[str, bytes], tries: Counter[int]
    ) -> dict[Any, int]:
        """Ship what the jobs need and queue them; their places by future."""
        needed = {digest for job in jobs.values() for _, digest in job.files}
        shipped: dict[str, Any] = {}
        if needed:
            named = {f"kerntrack-{digest}": contents[digest] for digest in sorted(needed)}
            shipped = self._client.scatter(named, broadcast=True)
        futures: dict[Any, int] = {}
        for resource in {job.resource for job in jobs.values()}:
            places = [place for place, job in jobs.items() if job.resource == resource]
            tries.update(places)
            sent = self._client.map(  # all at once: one by one would take milliseconds for each
                perform,
                [pickle.dumps(jobs[place]) for place in places],
                [run] * len(places),
                [[shipped[f"kerntrack-{digest}"] for _, digest in jobs[place].files] for place in places],
                key=[f"kerntrack-{run}-{place}-{tries[place]}" for place in places],
                resources={resource: 1},
                pure=False,
            )
            futures.update(zip(sent, places, strict=True))
        return futures

    def _await_workers(self, resources: set[str], cancel: Cancel) -> None:
        """Wait until jobs can be done again: the scheduler is there, and workers that offer what they need."""
        deadline = time.monotonic() + RETURN_SECONDS
        while True:
            cancel.check()
            try:
                if self._client.status != "running":
                    self._client.close(timeout=1)
                    self._client = self._connect(CONNECT_SECONDS)
                self.require(resources)
                return
            except (AbsentError, OSError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    if isinstance(error, AbsentError):
                        raise
                    raise AbsentError(f"the scheduler at {self.address} does not answer") from error
            cancel.wait(POLL)

    def _give_up(self, run: str) -> None:
        try:
            self._client.run(give_up, run, on_error="ignore")
        except (OSError, TimeoutError, ValueError):
            return  # there is nobody left to tell

    def _connect(self, seconds: float) -> Any:
        settings = security(self.address)
        from distributed import Client

        try:
            return Client(self.address, security=settings, timeout=seconds, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise AbsentError(
                f"no scheduler answers at {self.address} ({error})", "start one with: dask scheduler, and workers"
            ) from error


def _ready(finished: "SimpleQueue[Any]") -> list[Any]:
    """All futures that have ended, after a short wait for the first."""
    found = []
    with suppress(Empty):
        found.append(finished.get(timeout=POLL))
        while True:
            found.append(finished.get_nowait())
    return found


LOST: Any = object()
"""In place of an answer: the job's worker ended, or the scheduler forgot it."""


def _answer(future: Any) -> Any:
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        try:
            return future.result(timeout=RETURN_SECONDS)
        except Exception:  # it was lost after all
            return LOST
    if future.status in ("cancelled", "lost"):
        return LOST
    error = future.exception()
    if isinstance(error, CancelledError):
        raise error
    return LOST if isinstance(error, KilledWorker) else error


def _worker_ended(times: int) -> Exception:
    return RuntimeError(f"the worker that had it ended, {times} times")
