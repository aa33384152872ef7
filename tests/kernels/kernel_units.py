"""What each shipped source file must hold, from candle's recorded inventory and the contracts' launch geometry."""

import math
from collections.abc import Callable
from functools import cache

from kernels import BASELINES, HIP_SOURCES
from kernels.contracts import contract_for
from kernels.names import identify
from tracker.build.records import BuildRecord
from tracker.scan import baseline

Build = Callable[..., BuildRecord]
"""Fixture `build`: (unit name or source path, arch, *defines)."""

UNITS = sorted(path.stem for path in HIP_SOURCES.glob("*.hip"))
ARCHS = ("gfx90a", "gfx1030", "gfx1100")
UNIT_OF_TYPE = {"q8_1": "quantize_q8_1"} | dict.fromkeys(("f32", "f16", "bf16"), "get_rows_float")


@cache
def expected() -> dict[str, frozenset[str]]:
    """Symbols by unit."""
    symbols: dict[str, set[str]] = {unit: set() for unit in UNITS}
    for kernel in baseline.read(BASELINES / "candle-5152ef621.json").kernels:
        name = identify(kernel.symbol)
        assert name
        symbols[UNIT_OF_TYPE.get(name.type, name.type)].add(kernel.symbol)
    return {unit: frozenset(found) for unit, found in symbols.items()}


@cache
def launched_threads(symbol: str) -> int:
    """Work-items a workgroup in the contract's first case; every case of a kernel has as many."""
    name = identify(symbol)
    contract = contract_for(name) if name else None
    assert name and contract
    return math.prod(next(iter(contract.cases(name, "quick", 0))).prepare(0).launch.block)
