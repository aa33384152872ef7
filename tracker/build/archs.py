"""The architectures kerntrack can build for (table: archs.toml)."""

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.errors import UsageError


@dataclass(frozen=True)
class Arch:
    """One row of archs.toml, where the fields are explained. Sizes are bytes, registers are counted per lane."""

    name: str
    generation: str
    vendor: str
    wave_size: int
    dot: str
    lds: int
    lds_unit: int
    lds_granule: int
    simds: int
    vgprs: int
    vgpr_granule: int
    sgprs: int
    sgpr_granule: int
    max_waves: int
    mach: int

    def occupancy(self, *, vgprs: int, sgprs: int, lds: int, threads: int) -> int:
        """Waves per SIMD that registers and LDS allow, for workgroups of `threads` work-items; 0 when none fits.

        `lds` is bytes per workgroup. After LLVM's GCNSubtarget (occupancy with VGPRs, SGPRs and LDS).
        """
        waves = min(self.max_waves, self.vgprs // _round_up(max(vgprs, 1), self.vgpr_granule))
        if self.sgprs:
            waves = min(waves, self.sgprs // _round_up(max(sgprs, 1), self.sgpr_granule))
        return min(waves, self._waves_by_lds(lds, threads))

    def _waves_by_lds(self, lds: int, threads: int) -> int:
        if lds > self.lds:
            return 0
        if not lds:
            return self.max_waves
        groups = self.lds_unit // _round_up(lds, self.lds_granule)
        waves = groups * -(-threads // self.wave_size)
        return max(1, -(-waves // self.simds))


def _round_up(value: int, granule: int) -> int:
    return -(-value // granule) * granule


def _load() -> dict[str, Arch]:
    table = tomllib.loads(Path(__file__).with_name("archs.toml").read_text(encoding="utf-8"))

    def fields(generation: str) -> dict[str, Any]:
        own = dict(table["generation"][generation])
        parent = own.pop("like", None)
        return {**fields(parent), **own} if parent else own

    return {name: Arch(**{"name": name, **fields(row["generation"]), **row}) for name, row in table["arch"].items()}


ARCHS: dict[str, Arch] = _load()


def get_arch(name: str) -> Arch:
    """The arch of a name or full target id (`gfx90a:sramecc+:xnack-`). Raises UsageError naming the near matches."""
    arch = ARCHS.get(name.partition(":")[0])
    if arch is None:
        near = difflib.get_close_matches(name, ARCHS, n=6, cutoff=0.6)
        remedy = f"did you mean {', '.join(near)}?" if near else f"known are {', '.join(ARCHS)}"
        raise UsageError(f"unknown architecture '{name}'", remedy)
    return arch
