"""How fast the TUI starts and answers.

Measures, in processes of their own and alternately, (1) `kerntrack tui` from the process's start to its first complete
paint on a database of 142 kernels x 3 archs, against a bare Textual app that shows a DataTable of the same size;
(2) the same with 10,000 kernels x 6 archs; (3) there, the 95th percentile of the time from a key press to the next
paint, and until Textual's pilot finds the program idle again, beside a bare DataTable's. Ends with 1 when a limit is
missed.
"""

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from textual.app import App, ComposeResult
from textual.widgets import DataTable

START_RATIO, START_SECONDS, KEY_MILLISECONDS = 1.6, 2.5, 100
KEY_ROUNDS = 5
SMALL = (142, ("gfx90a", "gfx1030", "gfx1100"))
LARGE = (10_000, ("gfx906", "gfx908", "gfx90a", "gfx942", "gfx1030", "gfx1100"))
MOVES = "down down pagedown down ctrl+end ctrl+home right".split()  # noqa: SIM905
KEYS = "down down pagedown j G g right z Z o o b b 7 7 space slash q 5 _ 1 enter escape escape".split()  # noqa: SIM905
BARE = """
import sys, time
from textual.app import App
from textual.widgets import DataTable
class Bare(App):
    def compose(self):
        yield DataTable()
    def on_mount(self):
        rows, columns = int(sys.argv[1]), int(sys.argv[2])
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {n}" for n in range(columns)))
        table.add_rows([[f"kernel number {row}"] + ["compiled"] * (columns - 1) for row in range(rows)])
        self.call_after_refresh(self.painted)
    def painted(self):
        print(time.time(), file=sys.__stdout__)
        self.exit()
Bare().run()
"""
OURS = """
import sys, time
from tracker.tui.app import Kerntrack
draw = Kerntrack.refresh_rows
def painted(app):
    print(time.time(), file=sys.__stdout__)
    app.exit()
def measured(app):
    draw(app)
    if app.loaded:
        app.call_after_refresh(painted, app)
Kerntrack.refresh_rows = measured
from tracker.cli import main
sys.argv = ["kerntrack", "-C", sys.argv[1], "tui"]
main()
"""
"""The real command line; it ends itself where a user would begin to read."""
HEADLESS = {"TEXTUAL_DRIVER": "textual.drivers.headless_driver:HeadlessDriver", "COLUMNS": "160", "LINES": "50"}


def seconds(program: str, *arguments: str) -> tuple[float, float]:
    """Wall time from the start of a Python process to its first complete paint; processor time until its end."""
    words = [sys.executable, "-c", program, *arguments]
    started, used = time.time(), processor()
    terminal = os.openpty()
    with open(terminal[0], "rb"), open(terminal[1], "r+b", buffering=0) as inside:
        environment = {**os.environ, **HEADLESS}
        done = subprocess.run(words, check=True, env=environment, stdin=inside, stdout=subprocess.PIPE, stderr=inside)
    return float(done.stdout.split()[-1]) - started, processor() - used


def processor() -> float:
    """Seconds of processor time that ended children have used."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def medians(times: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Of wall and processor time."""
    wall, used = zip(*times, strict=True)
    return statistics.median(wall), statistics.median(used)


def project(folder: Path, kernels: int, archs: tuple[str, ...]) -> Path:
    """A project with a database of that size."""
    from benchmarks import tui_data

    (folder / "kerntrack.toml").parent.mkdir()
    (folder / "kerntrack.toml").write_text(f"archs = {list(archs)!r}\n")
    tui_data.make(folder / ".kerntrack" / "kerntrack.db", kernels, archs)
    return folder


class Bare(App[None]):
    """A DataTable and nothing else: what Textual and its pilot take for themselves."""

    loaded = False

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable()

    def on_mount(self) -> None:
        """Fill it."""
        kernels, archs = LARGE
        table = self.query_one(DataTable)
        table.add_columns("kernel", "port", *archs)
        table.add_rows([f"kernel number {row}"] + ["compiled"] * (len(archs) + 1) for row in range(kernels))
        self.loaded = True


def kerntrack(folder: Path) -> App[None]:
    """The program on a project."""
    from tracker.config import load_project
    from tracker.tui.app import Kerntrack
    from tracker.tui.source import ProjectSource

    return Kerntrack(ProjectSource(load_project(folder)))


class Answer(NamedTuple):
    """Seconds after a key was sent: `paint` to the last frame that it caused, `idle` until the pilot comes back.

    The pilot comes back when the processor has been idle twice for 20 ms.
    """

    paint: float
    idle: float
    work: float
    """Processor time."""


async def answers(app: App[None], keys: Sequence[str]) -> list[Answer]:
    """How each key press is answered."""
    frames: list[float] = []
    display = app._display

    def displayed(*arguments: Any) -> None:
        display(*arguments)
        frames.append(time.perf_counter())

    app._display = displayed  # type: ignore[method-assign]
    found = []
    async with app.run_test(size=(160, 50)) as pilot:
        while not getattr(app, "loaded", False):
            await pilot.pause(0.05)
        await pilot.pause(0.5)
        for key in keys:
            frames.clear()
            started, worked = time.perf_counter(), time.process_time()
            await pilot.press(key)
            idle, work = time.perf_counter() - started, time.process_time() - worked
            found.append(Answer(frames[-1] - started if frames else 0.0, idle, work))
    return found


def percentile(times: Iterable[float], share: float) -> float:
    """Milliseconds that `share` of the times do not exceed."""
    ordered = sorted(times)
    return ordered[int(len(ordered) * share)] * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        small, large = project(Path(scratch, "small"), *SMALL), project(Path(scratch, "large"), *LARGE)
        rounds = range(options.rounds)
        pairs = [(seconds(BARE, str(SMALL[0]), "9"), seconds(OURS, str(small))) for _ in rounds]
        (bare, bare_used), (ours, ours_used) = map(medians, zip(*pairs, strict=True))
        many, many_used = medians(seconds(OURS, str(large)) for _ in range(3))
        keys = asyncio.run(answers(kerntrack(large), KEYS * KEY_ROUNDS))
        table = asyncio.run(answers(Bare(), MOVES * KEY_ROUNDS))
    ratio = ours / bare
    print(f"first complete paint, {SMALL[0]} kernels: {ours:.2f} s, bare DataTable {bare:.2f} s, ratio {ratio:.2f}")
    print(f"  processor: {ours_used:.2f} s, bare DataTable {bare_used:.2f} s, ratio {ours_used / bare_used:.2f}")
    print(
        f"first complete paint, {LARGE[0]} kernels x {len(LARGE[1])} archs: {many:.2f} s, processor {many_used:.2f} s"
    )
    for name, found in (("kerntrack", keys), ("bare DataTable, movements only", table)):
        paint, idle, work = (
            f"{percentile(times, 0.5):.0f}/{percentile(times, 0.95):.0f} ms" for times in zip(*found, strict=True)
        )
        print(f"key there, median/95 %, {name}: last frame {paint}, pilot back {idle}, processor {work}")
    slow = percentile([key.idle for key in keys], 0.95) > KEY_MILLISECONDS
    return int(ratio > START_RATIO or many > START_SECONDS or slow)


if __name__ == "__main__":
    sys.exit(main())
