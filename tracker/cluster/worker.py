"""A worker: offers this machine's devices and toolchains to a scheduler, again and again until it is stopped."""

import asyncio
import os
import platform
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tracker import __version__
from tracker.cancel import Cancel
from tracker.cluster.gpus import Gpus
from tracker.cluster.remote import doing
from tracker.cluster.security import security
from tracker.devices import selection
from tracker.devices.children import Pool
from tracker.devices.revision import emulator_name
from tracker.errors import AbsentError

KINDS: tuple[selection.Kind, ...] = ("hip", "cuda")
AGAIN = 2.0
"""Seconds until the next attempt to reach a scheduler that is not there."""
PATIENCE = 10.0
"""Seconds of one attempt: a worker that tries for ever does not hear that it is to stop."""
POLL = 0.2
NO_PAGES: dict[str, list[str]] = {"distributed.worker.http.routes": []}
"""Dask's setting: nothing is served that is not encrypted."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Offer:
    """What a machine can do."""

    host: str
    program: str
    emulator: str
    resources: dict[str, int]
    """How many jobs of a kind at a time: `emulator`, toolchains, GPUs by target id."""
    gpus: tuple[selection.Found, ...]
    toolchains: dict[str, str]
    """Version by resource: `hipcc` (ROCm's clang) or `ziglang`."""


class Own:
    """What jobs find in the process of a worker."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.gpus = Gpus(offer.gpus)
        self.emulators = Pool(offer.resources.get("emulator", 1))


_OWN: list[Own] = []


def own() -> Own:
    """This worker's. There is none in other processes."""
    return _OWN[0]


def own_state() -> tuple[Offer, tuple[str, ...]]:
    """What this process offers, and the jobs that it does now; called by others on a worker."""
    return own().offer, doing()


def look_around(threads: int) -> Offer:
    """What this machine can do. The emulator is always there, once a thread."""
    gpus = [gpu for kind in KINDS for gpu in _gpus(kind)]
    toolchains = _toolchains()
    resources = {"emulator": threads, **dict.fromkeys(toolchains, threads)}
    resources |= Counter(gpu.target for gpu in gpus)  # kernels that run at a time would disturb each other
    return Offer(platform.node(), __version__, emulator_name(), resources, tuple(gpus), toolchains)


def _gpus(kind: selection.Kind) -> list[selection.Found]:
    try:
        return selection.available(kind)
    except AbsentError:
        return []


def _toolchains() -> dict[str, str]:
    from tracker.build.toolchain import discover

    try:
        found = discover()
    except AbsentError:
        return {}
    named = [("hipcc" if each.kind == "rocm" else each.kind, each.version) for each in reversed(found)]
    return dict(named)  # of several of a kind the best


def serve(address: str, threads: int | None, cancel: Cancel, say: Say) -> None:
    """Work for the scheduler at `address` until cancelled; one that is not there (any more) is waited for.

    Raises UsageError and AbsentError as `security` does.
    """
    security(address)
    offer = look_around(threads or os.cpu_count() or 1)
    _OWN[:] = [Own(offer)]
    say(f"{offer.host} offers {', '.join(f'{count} x {name}' for name, count in offer.resources.items())}")
    asyncio.run(_serve(address, cancel, say))


async def _serve(address: str, cancel: Cancel, say: Say) -> None:
    waiting = False
    while not cancel.is_set():
        try:
            await _connected(address, cancel, say)
            waiting = False
        except (OSError, TimeoutError) as error:
            if not waiting:
                say(f"no scheduler at {address} ({error or type(error).__name__}); waiting for it")
            waiting = True
        await _sleep(AGAIN, cancel)


async def _connected(address: str, cancel: Cancel, say: Say) -> None:
    """Work until the scheduler ends the connection."""
    import dask.config

    settings, offer = security(address), own().offer
    dask.config.set(NO_PAGES)
    from distributed import Worker

    worker = Worker(
        address,
        nthreads=sum(offer.resources.values()),
        resources={name: float(count) for name, count in offer.resources.items()},
        host="127.0.0.1" if settings is None else None,
        security=settings,
        name=f"{offer.host}-{os.getpid()}-{id(cancel):x}",
        death_timeout=PATIENCE,
        memory_limit=0,
        dashboard=False,
    )
    async with worker:
        say(f"connected to {address}")
        while not cancel.is_set() and worker.status.name in ("running", "paused"):
            await asyncio.sleep(POLL)
            own().gpus.rest()
    own().gpus.rest(idle=0)
    say("stopped" if cancel.is_set() else f"the scheduler at {address} is gone; waiting for it")


async def _sleep(seconds: float, cancel: Cancel) -> None:
    for _ in range(int(seconds / POLL)):
        if not cancel.is_set():
            await asyncio.sleep(POLL)
