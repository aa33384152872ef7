"""Start-up of `kerntrack --help` against `python -c "import typer, rich.console"`: prints both medians and their ratio.

Usage: python benchmarks/cli_startup.py [ROUNDS]. The two are run in turn, so that a busy machine slows both alike.
"""

import subprocess
import sys
import time
from statistics import median

LIMIT = 1.5
OURS = (sys.executable, "-m", "tracker", "--help")
BARE = (sys.executable, "-c", "import typer, rich.console")
FORBIDDEN = ("textual", "sqlalchemy", "clang", "numpy", "alembic")


def seconds(command: tuple[str, ...]) -> float:
    """Wall-clock time of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def loaded() -> list[str]:
    """Packages that `--help` must not load, but does."""
    traced = (sys.executable, "-X", "importtime", *OURS[1:])
    trace = subprocess.run(traced, check=True, capture_output=True, text=True).stderr
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.splitlines()}
    return sorted(names.intersection(FORBIDDEN))


def main() -> int:
    """Measure and print; ends with 1 when the limit is missed or something heavy is loaded."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    for command in (OURS, BARE):
        seconds(command)
    pairs = [(seconds(OURS), seconds(BARE)) for _ in range(rounds)]
    ours, bare = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    heavy = loaded()
    print(f"kerntrack --help            {ours * 1000:7.1f} ms")
    print(f"import typer, rich.console  {bare * 1000:7.1f} ms")
    print(f"ratio                       {ours / bare:7.2f}    (limit {LIMIT}, {rounds} rounds)")
    print(f"loads without need          {', '.join(heavy) or 'nothing'}")
    return int(ours > LIMIT * bare or bool(heavy))


if __name__ == "__main__":
    sys.exit(main())
