"""How much the check notices: mutants killed, by fault class and kernel family, and false alarms without mutants.

    python -m benchmarks.selftest [--sample N] [--files GLOB] [--seed S] [--archs gfx90a …] [--alarm-seeds 20]

Prints two ratios: killed by killed and survived mutants (aim 0.99), and failed by executed checks of the kernels as
they are (aim 0). Ends with 1 when an aim is missed. The sample is the first N of all mutants in an order that the seed
alone decides, each seen through one unit and one arch drawn alike: a smaller sample is the start of a larger one.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from platformdirs import user_cache_path

from kernels import HIP_SOURCES, INCLUDE
from kernels.names import identify
from tracker.build import toolchain
from tracker.build.compiler import compile_unit
from tracker.build.records import Unit
from tracker.cancel import Cancel
from tracker.check import check_kernel
from tracker.check.selftest import Score, Sources, Summary, mutants, selftest
from tracker.devices.emulator import EmulatorDevice
from tracker.devices.protocol import Artifact

AIM = 0.99


def sources() -> Sources:
    """The shipped HIP sources with the best toolchain at hand."""
    units = tuple(path.relative_to(HIP_SOURCES) for path in sorted(HIP_SOURCES.rglob("*.hip")))
    return Sources(HIP_SOURCES, units, (INCLUDE,), toolchain.discover()[0], user_cache_path("kerntrack"))


def alarms(tree: Sources, unit: Path, arch: str, seeds: int) -> tuple[int, list[str]]:
    """Check every kernel of a unit under `seeds` seeds: checks executed, and complaints."""
    source = Unit(tree.root / unit, (tree.root, *tree.includes))
    record = compile_unit(source, arch, tree.toolchain, tree.cache, Cancel())
    if record.code_object is None:
        return 1, [f"{unit} does not compile for {arch}"]
    device = EmulatorDevice(arch)
    module = device.load(Artifact(arch, record.code_object, record.assembly))
    executed, complaints = 0, []
    for symbol in sorted(symbol for symbol in module.symbols if identify(symbol)):
        for seed in range(seeds):
            result = check_kernel(device, module, symbol, code_hash="", effort="quick", seed=seed, cancel=Cancel())
            executed += 1
            if result.outcome != "passed":
                complaints.append(f"{symbol} {arch} seed {seed}: {result.outcome}: {result.message}")
    return executed, complaints


def all_alarms(tree: Sources, arguments: argparse.Namespace) -> int:
    """Check every unit on every arch, print what turns up and the sums so far, and return the number of complaints."""
    executed = complained = 0
    with ProcessPoolExecutor(arguments.jobs) as pool:
        seeds = arguments.alarm_seeds
        waiting = [
            pool.submit(alarms, tree, unit, arch, seeds) for unit in tree.units for arch in arguments.archs if seeds
        ]
        for future in waiting:
            count, complaints = future.result()
            executed, complained = executed + count, complained + len(complaints)
            print("\n".join([*complaints, f"false alarms: {complained} of {executed} checks"]), flush=True)
    return complained


def rows(scores: dict[str, Score]) -> Iterator[str]:
    """One line a class: rate and counts."""
    for name, score in sorted(scores.items(), key=lambda item: item[1].rate):
        yield (
            f"  {name:24} {score.rate:7.2%}  killed {score.killed:5}  survived {score.survived:4}  "
            f"equivalent {score.equivalent:4}  rejected {score.rejected:4}"
        )


def mutate(tree: Sources, arguments: argparse.Namespace) -> Summary:
    """Run the mutants and print each survivor as it turns up."""
    summary, started = Summary(), time.perf_counter()
    total = len(mutants(tree, arguments.archs, arguments.seed, arguments.files))
    size = total if arguments.sample is None else min(total, arguments.sample)
    print(f"{size} of {total} mutants of {arguments.files}, seed {arguments.seed}, {' '.join(arguments.archs)}")
    chosen = {"seed": arguments.seed, "sample": arguments.sample, "files": arguments.files, "jobs": arguments.jobs}
    trials = selftest(tree, arguments.archs, Cancel(), **chosen)
    for count, trial in enumerate(trials, 1):
        summary.add(trial)
        if trial.outcome == "survived":
            print(f"survived: {trial.mutant}; {trial.by}", flush=True)
        if count % 50 == 0:
            print(f"{count} mutants, {time.perf_counter() - started:.0f} s, rate {summary.total.rate:.2%}", flush=True)
    print("\n".join(["by fault:", *rows(summary.by_fault), "by family:", *rows(summary.by_family)]))
    print("\n".join(["all:", *rows({"mutants": summary.total})]))
    return summary


def main() -> int:
    """Parse, run, print; 0 when both aims are reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=None, help="mutants to try (default: all)")
    parser.add_argument("--files", default="*", help="pattern of the files to mutate, relative to kernels/hip")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--archs", nargs="+", default=["gfx90a", "gfx1030", "gfx1100"])
    parser.add_argument("--alarm-seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    tree = sources()
    complaints = all_alarms(tree, arguments)
    summary = mutate(tree, arguments)
    print(f"kill rate: {summary.total.rate:.4f} (aim {AIM})")
    return 0 if summary.total.rate >= AIM and not complaints else 1


if __name__ == "__main__":
    sys.exit(main())
