"""Compiling units to code objects: one at a time, or many in parallel."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from tracker.build import cache as builds
from tracker.build import commands, process
from tracker.build.process import Ended
from tracker.build.records import BuildRecord, Unit
from tracker.build.toolchain import Toolchain
from tracker.cancel import Cancel
from tracker.limits import Limits, exceeded

LOG = logging.getLogger(__name__)
CHANGED = "the source changed while it was being compiled; compile it again\n"


def compile_unit(
    unit: Unit, arch: str, toolchain: Toolchain, cache: Path, cancel: Cancel, timeout: float = Limits.compile
) -> BuildRecord:
    """Compile one unit for one arch or target id, or find the finished build in `cache` (absolute folder).

    Never raises for what the compiler says: that is the record's outcome and output. Raises UsageError for an unknown
    arch and OSError when `cache` cannot be written.
    """
    started = time.monotonic()
    steps = commands.build(unit, arch, toolchain)
    record = BuildRecord(
        unit=unit,
        arch=arch,
        toolchain=toolchain.version,
        commands=tuple(process.shell(step) for step in steps),
        returncode=0,
        output="",
        seconds=0.0,
        cached=False,
        key="",
        assembly=None,
        code_object=None,
    )
    with builds.workspace(cache) as folder:
        work = _Work(unit, arch, toolchain, folder, cancel, started + timeout)
        ended, key = work.preprocess()
        found = builds.find(cache, key) if key else None
        if found:
            LOG.info("%s for %s is in the cache: %s", unit.source, arch, found.folder)
            return _with_products(record, key, found.folder, found.output, found.seconds, cached=True)
        if key:
            LOG.info("%s for %s is not in the cache (%s)", unit.source, arch, key)
            ended = work.build(steps, key)
        seconds = time.monotonic() - started
        if ended.outcome == "timed out":
            late = exceeded(f"compiling {unit.source.name} for {arch}", "compile", timeout)
            ended = replace(ended, output=f"{ended.output}{late}\n")
        if ended.outcome != "built":
            failed = replace(record, key=key, returncode=ended.returncode, output=ended.output, seconds=seconds)
            return replace(failed, outcome=ended.outcome)
        place = builds.publish(cache, key, folder, ended.output, seconds)
        return _with_products(record, key, place, ended.output, seconds, cached=False)


def _with_products(
    record: BuildRecord, key: str, folder: Path, output: str, seconds: float, *, cached: bool
) -> BuildRecord:
    assembly, code_object = (folder / name for name in commands.products(record.arch))
    return replace(
        record,
        key=key,
        output=output,
        seconds=seconds,
        cached=cached,
        assembly=assembly,
        code_object=code_object,
    )


class _Work:
    """One unit being built in a folder of its own."""

    def __init__(
        self, unit: Unit, target: str, toolchain: Toolchain, folder: Path, cancel: Cancel, deadline: float
    ) -> None:
        self.unit, self.target, self.toolchain = unit, target, toolchain
        self.folder, self.cancel, self.deadline = folder, cancel, deadline

    def preprocess(self) -> tuple[Ended, str]:
        """Preprocess and return how that ended and the build's key, empty when it failed."""
        product = self.folder / "kernel.ii"
        ended = self._run(commands.preprocess(self.unit, self.target, self.toolchain, product.name))
        if ended.outcome != "built":
            return ended, ""
        text = product.read_text(encoding="utf-8", errors="replace")
        product.unlink()
        flags = " ".join(commands.flags(self.unit, self.target, self.toolchain))
        return ended, builds.build_key(text, commands.folders(self.unit), flags, self.toolchain.version)

    def build(self, steps: Sequence[commands.Command], key: str) -> Ended:
        """Run the steps until one fails. Fails as well when the source is no longer what `key` was made from."""
        output = ""
        for step in steps:
            ended = self._run(step)
            output += ended.output
            if ended.outcome != "built":
                return replace(ended, output=output)
        again, key_now = self.preprocess()
        if again.outcome != "built":
            return again
        return Ended(0, output, "built") if key_now == key else Ended(1, CHANGED, "failed")

    def _run(self, command: commands.Command) -> Ended:
        return process.run(command, self.folder, self.cancel, self.deadline)


class _Stop(Cancel):
    """Set by us when nobody waits for results any more, or by the caller's own Cancel."""

    def __init__(self, outer: Cancel) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        return super().is_set() or self._outer.is_set()


def compile_units(
    work: Sequence[tuple[Unit, str]],
    toolchain: Toolchain,
    cache: Path,
    cancel: Cancel,
    *,
    jobs: int | None = None,
    timeout: float = Limits.compile,
) -> Iterator[BuildRecord]:
    """Compile (unit, arch) pairs, `jobs` (the machine's cores) at a time, and yield each record as it is finished.

    A caller that stops iterating stops the compilers.
    """
    stop = _Stop(cancel)
    pool = ThreadPoolExecutor(max_workers=jobs or os.cpu_count() or 1, thread_name_prefix="compile")
    try:
        waiting = [pool.submit(compile_unit, unit, arch, toolchain, cache, stop, timeout) for unit, arch in work]
        for finished in as_completed(waiting):
            yield finished.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
