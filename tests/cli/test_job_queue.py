"""The queue: order, one job per key, cancel, and no lost exceptions."""

import threading
from collections.abc import Callable, Iterator

import pytest

from db.errors import DatabaseError
from tracker.actions.events import Event, Finished, Plan, Step
from tracker.cancel import Cancel
from tracker.errors import UsageError
from tracker.jobs import Job, Queue


@pytest.fixture
def queue() -> Iterator[Queue]:
    queue = Queue(workers=2)
    yield queue
    queue.close()


def quick(cancel: Cancel) -> Iterator[Event]:
    yield Plan("work", 1)
    yield Step(1, "half way")
    yield Finished(False, "one kernel failed", {})


def blocking(gate: threading.Event, running: threading.Event) -> Callable[[Cancel], Iterator[Event]]:
    def action(cancel: Cancel) -> Iterator[Event]:
        running.set()
        yield Plan("waits", 1)
        while not gate.wait(0.01):
            cancel.check()
        yield Finished(True, "", {})

    return action


def test_events_become_progress(queue: Queue) -> None:
    seen: list[tuple[str, Event | None]] = []
    queue.subscribe(lambda job, event: seen.append((job.state, event)))
    id = queue.submit("a", "work", quick)
    assert queue.wait(5)
    queue.close()
    (job,) = queue.jobs()
    assert (job.id, job.state, job.done, job.total, job.good, job.message) == (
        id,
        "done",
        1,
        1,
        False,
        "one kernel failed",
    )
    assert queue.events(id) == [event for _, event in seen if event]
    assert [state for state, event in seen if event is None][-1] == "done"


def test_same_key_queues_once_more_while_running_but_not_twice(queue: Queue) -> None:
    gate, running = threading.Event(), threading.Event()
    first = queue.submit("a", "work", blocking(gate, running))
    assert running.wait(5)
    second = queue.submit("a", "work", quick)
    third = queue.submit("a", "work", quick)
    assert (second == third, first == second) == (True, False)
    assert [job.state for job in queue.jobs()] == ["running", "queued"]
    gate.set()
    assert queue.wait(5)
    assert [job.state for job in queue.jobs()] == ["done", "done"]


def test_other_keys_run_beside(queue: Queue) -> None:
    gate, running = threading.Event(), threading.Event()
    queue.submit("a", "work", blocking(gate, running))
    other = queue.submit("b", "work", quick)
    done = threading.Event()
    queue.subscribe(lambda job, event: done.set() if job.id == other and job.over else None)
    assert done.wait(5) or queue.jobs()[1].over
    gate.set()


def test_cancel_running_and_queued(queue: Queue) -> None:
    gate, running = threading.Event(), threading.Event()
    first = queue.submit("a", "work", blocking(gate, running))
    assert running.wait(5)
    second = queue.submit("a", "work again", quick)
    assert first != second
    queue.cancel(second)
    queue.cancel(first)
    assert queue.wait(5)
    assert [job.state for job in queue.jobs()] == ["cancelled", "cancelled"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("boom"),
        KeyboardInterrupt("boom"),
        UsageError("boom", "do this"),
        DatabaseError("boom", "do that"),
    ],
)
def test_every_exception_becomes_a_failed_job(queue: Queue, error: BaseException) -> None:
    def action(cancel: Cancel) -> Iterator[Event]:
        yield Plan("work", 3)
        raise error

    queue.submit("a", "work", action)
    assert queue.wait(5)
    (job,) = queue.jobs()
    assert job.state == "failed"
    assert "boom" in job.error
    assert ("Traceback" in job.error) == (not isinstance(error, UsageError | DatabaseError))
    queue.submit("b", "the workers live on", quick)
    assert queue.wait(5)
    assert queue.jobs()[1].state == "done"


def test_a_raising_listener_is_dropped_and_named(queue: Queue) -> None:
    def listener(job: Job, event: Event | None) -> None:
        raise RuntimeError("widget is gone")

    queue.subscribe(listener)
    id = queue.submit("a", "work", quick)
    assert queue.wait(5)
    queue.close()
    assert queue.jobs()[0].state == "done"
    assert sum("widget is gone" in str(event) for event in queue.events(id)) == 1


def test_close_cancels_and_ends(queue: Queue) -> None:
    gate, running = threading.Event(), threading.Event()
    queue.submit("a", "work", blocking(gate, running))
    assert running.wait(5)
    queue.close()
    assert [job.state for job in queue.jobs()] == ["cancelled"]
