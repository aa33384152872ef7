"""What our kernels cost an AMD GPU beside the CUDA originals compiled for it, without a GPU.

    python -m benchmarks.static_cost --theirs …/candle-kernels/src/quantized.cu [--archs gfx1100] [--only mul_mat]

Both sides are compiled by the same clang. Registers, spills, scratch, LDS and occupancy come from the code objects;
instructions are what the emulator counts a wavefront to execute on one contract case a kernel, the same case on both
sides, waits not counted. A ratio is ours / theirs: below 1 ours needs less. Occupancy is the reverse: above 1 is more.
"""

import argparse
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kernels import HIP_SOURCES
from kernels.contracts import contract_for
from kernels.names import KernelName, identify
from tracker import emulator
from tracker.build.codeobject import read
from tracker.build.compiler import compile_units
from tracker.build.records import KernelObject, Unit
from tracker.build.toolchain import discover
from tracker.cancel import Cancel
from tracker.devices.emulator import EmulatorDevice
from tracker.emulator.cost import instruction_class

CASES = {
    "dequantize": "blocks=64 data=random seed=0",
    "quantize": "rows=16 cols=4096 data=normal seed=0",
    "get_rows": "rows=16 cols=4096 ids=16 grid=65535 data=random seed=0",
    "dequantize_mul_mat_vec": "rows=32 cols=4096 data=random seed=0",
    "mul_mat_vec_q8_1": "rows=32 cols=4096 data=random seed=0",
    "mul_mat_q8_1": "rows=128 cols=512 batch=128 data=random seed=0",
    "indexed_moe_forward": "experts=2 rows=16 cols=4096 batch=2 topk=2 shared=1 data=random seed=0",
}
"""The shape each family is counted on: long rows and full tiles, as a model has them."""
WORST = 12


@dataclass(frozen=True)
class Measured:
    """One kernel of one side."""

    facts: KernelObject
    instructions: int
    registers_moved: int
    """Executed copies to and from accumulation registers: gfx90a's spills that the metadata does not call so."""

    def spills(self) -> int:
        """Registers spilled, and copies executed instead of spilling."""
        return self.facts.vgpr_spills + self.facts.sgpr_spills + self.registers_moved


def build(units: list[Unit], arch: str, cache: Path) -> dict[str, tuple[KernelObject, emulator.Program]]:
    """Compile the units; every kernel with the program that holds it. Ends the benchmark when one does not compile."""
    kernels: dict[str, tuple[KernelObject, emulator.Program]] = {}
    for record in compile_units([(unit, arch) for unit in units], discover()[0], cache, Cancel(), jobs=2):
        if record.code_object is None or record.assembly is None:
            sys.exit(f"{record.unit.source} does not compile for {arch}:\n{record.output}")
        program = emulator.load(record.assembly.read_text())
        kernels |= {symbol: (facts, program) for symbol, facts in read(record.code_object).kernels.items()}
    return kernels


def measure(name: KernelName, facts: KernelObject, program: emulator.Program) -> Measured:
    """Run the family's case. Ends the benchmark when the kernel stops with a fault."""
    contract = contract_for(name)
    assert contract is not None
    launch = contract.case(name, CASES[name.family]).prepare(0).launch
    report = EmulatorDevice(program.arch).run(program, launch)
    if report.fault or not report.cost:
        sys.exit(f"{name.symbol}: {report.fault.message if report.fault else 'the emulator counted nothing'}")
    counted = {raw: count for raw, count in report.cost["mnemonics"].items() if instruction_class(raw) != "wait"}
    moved = sum(count for raw, count in counted.items() if raw.startswith("v_accvgpr"))
    return Measured(facts, sum(counted.values()), moved)


def mean(ratios: Iterable[float]) -> float:
    """Geometric mean."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logarithms) / len(logarithms))


Pair = tuple[Measured, Measured]
"""Ours, theirs."""


def instruction_ratio(pair: Pair) -> float:
    """Executed instructions, ours / theirs."""
    return pair[0].instructions / pair[1].instructions


def family_line(family: str, pairs: list[Pair]) -> str:
    """One row of the table."""
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    spills = [sum(map(Measured.spills, side)) for side in (ours, theirs)]
    scratch = [sum(m.facts.scratch > 0 for m in side) for side in (ours, theirs)]
    cells = [
        family,
        len(pairs),
        f"{mean(map(instruction_ratio, pairs)):.3f}",
        f"{mean(a.facts.vgprs / b.facts.vgprs for a, b in pairs):.2f}",
        f"{mean(a.facts.occupancy / b.facts.occupancy for a, b in pairs):.2f}",
        f"{max(m.facts.lds for m in ours)} / {max(m.facts.lds for m in theirs)}",
        f"{spills[0]} / {spills[1]}",
        f"{scratch[0]} / {scratch[1]}",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def kernel_line(symbol: str, pair: Pair) -> str:
    """One kernel: instructions, registers and occupancy of both sides."""
    ours, theirs = pair
    counted = f"{ours.instructions:,} / {theirs.instructions:,} instructions"
    facts = f"VGPRs {ours.facts.vgprs} / {theirs.facts.vgprs}, waves {ours.facts.occupancy} / {theirs.facts.occupancy}"
    return f"{instruction_ratio(pair):7.3f}  {symbol}: {counted}, {facts}"


def report(arch: str, pairs: dict[str, Pair]) -> None:
    """Print the table of families and the kernels with the largest ratios."""
    families: dict[str, list[Pair]] = defaultdict(list)
    for symbol, pair in pairs.items():
        name = identify(symbol)
        assert name is not None
        families[name.family].append(pair)
    print(f"\n{arch}: ours / theirs\n")
    print("| family | kernels | instructions | VGPRs | occupancy | most LDS, bytes | spills | kernels with scratch |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for family, group in families.items():
        print(family_line(family, group))
    print("\nmost instructions beside the original's:")
    for symbol in sorted(pairs, key=lambda symbol: -instruction_ratio(pairs[symbol]))[:WORST]:
        print(kernel_line(symbol, pairs[symbol]))


def compare(source: Path, arch: str, only: str, cache: Path) -> dict[str, Pair]:
    """Measure every kernel that both sides have."""
    ours = build([Unit(path) for path in sorted(HIP_SOURCES.glob("*.hip"))], arch, cache)
    theirs = build([Unit(source, language="cuda")], arch, cache)
    pairs: dict[str, Pair] = {}
    for symbol in sorted(ours.keys() & theirs.keys()):
        name = identify(symbol)
        if name is not None and only in symbol:
            pairs[symbol] = measure(name, *ours[symbol]), measure(name, *theirs[symbol])
    return pairs


def main() -> None:
    """Compile, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--theirs", type=Path, required=True, help="the originals' CUDA source")
    parser.add_argument("--archs", default="gfx90a,gfx1030,gfx1100")
    parser.add_argument("--only", default="", help="part of a symbol")
    parser.add_argument("--cache", type=Path, help="folder that keeps builds; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for arch in options.archs.split(","):
            report(arch, compare(options.theirs, arch, options.only, options.cache or Path(folder)))


if __name__ == "__main__":
    main()
