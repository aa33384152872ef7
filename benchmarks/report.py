"""Size and time of reports of 142 kernels on six architectures, every cell with evidence, a build and a hazard.

Prints per format: size, wall and processor time, and for HTML the ratio to the most that it may have: 1 MiB.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import tui_data
from db import record
from db.engine import open_database
from kernels import BASELINES
from tracker.cli.report import FORMATS
from tracker.config import load_project
from tracker.reports.collect import collect
from tracker.scan import baseline
from tracker.scan.hazards.rules import rules

ARCHS = ("gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1151", "gfx1201")
KERNELS = 142
MOST = 2**20


def make(folder: Path) -> None:
    """A project; its CUDA side is candle's recording for the sake of the hazards, beside kernels with evidence."""
    names = ", ".join(f'"{arch}"' for arch in ARCHS)
    (folder / "kerntrack.toml").write_text(f'archs = [{names}]\ndatabase = "k.db"\n')
    tui_data.make(folder / "k.db", KERNELS, ARCHS)
    engine = open_database(folder / "k.db")
    (file,) = baseline.read(BASELINES / "candle-5152ef621.json").files
    record.hazard_rules(engine, [vars(rule) for rule in rules()])
    record.source(engine, asdict(file), origin="candle")
    engine.dispose()


def measure(folder: Path) -> Sequence[tuple[str, int, float, float]]:
    """Per format: bytes, wall and processor seconds, gathering included."""
    found = []
    for name, write in FORMATS.items():
        wall, processor = time.perf_counter(), time.process_time()
        text = write(collect(load_project(folder)))
        found.append((name, len(text.encode()), time.perf_counter() - wall, time.process_time() - processor))
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        for name, size, wall, processor in measure(Path(folder)):
            of = f", {size / MOST:.2f} of 1 MiB" if name == "html" else ""
            print(f"{name:<6} {size / 1024:7.1f} KiB  {wall:5.2f} s wall  {processor:5.2f} s processor{of}")


if __name__ == "__main__":
    main()
