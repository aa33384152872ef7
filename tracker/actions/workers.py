"""Who serves a cluster, with what, and what each worker does now."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

from tracker.cluster.client import Cluster, Worker
from tracker.errors import AbsentError

PATIENCE = 3.0
"""Seconds that a scheduler has to answer."""


@dataclass(frozen=True)
class Seen:
    """One look at a cluster. While the scheduler is away (`trouble` says why) the workers are those seen last."""

    address: str
    workers: tuple[Worker, ...] = ()
    trouble: str = ""


def connected(address: str, seconds: float = PATIENCE) -> list[Worker]:
    """The workers that are connected now. Raises AbsentError when no scheduler answers, UsageError as `security`."""
    with Cluster(address, seconds) as cluster:
        return cluster.workers()


def watch(address: str, stop: Event, every: float) -> Iterator[Seen]:
    """Look again and again, until `stop`. Raises UsageError for an address that cannot be used."""
    seen = Seen(address)
    while not stop.is_set():
        try:
            seen = Seen(address, tuple(connected(address)))
        except AbsentError as error:
            seen = Seen(address, seen.workers, error.message)
        except (OSError, TimeoutError) as error:  # it went away in between
            seen = Seen(address, seen.workers, f"the scheduler at {address} went away ({error})")
        yield seen
        stop.wait(every)
