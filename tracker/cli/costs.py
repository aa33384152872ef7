"""What a kernel's emulated check cost to execute, as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

LIMIT = 12
"""Mnemonics printed; the rest is counted."""


def cost_lines(cost: Mapping[str, Any]) -> Iterator[Text]:
    """The report of one launch: instructions, memory, operations that hardware may round differently."""
    counts = cost["instructions"]
    total = max(sum(counts.values()), 1)
    shares = ", ".join(f"{kind} {count / total:.0%}" for kind, count in _most_first(counts))
    lanes = f"{cost['valu_lane_utilisation']:.1%} of the lanes of vector instructions active"
    yield Text(f"      emulated {cost.get('case', '')}: {total:,} wave-instructions ({shares}), {lanes}")
    yield from _global(cost, counts.get("global", 0))
    if cost.get("lds_bytes"):
        yield Text(f"      LDS {cost['lds_bytes']:,} bytes, {cost.get('lds_bank_conflicts', 0):,} bank conflicts")
    for name in cost.get("approximations", ()):
        yield Text(f"      {name}")
    mnemonics = _most_first(cost["mnemonics"])
    rest = f" and {len(mnemonics) - LIMIT} more mnemonics; --json prints all" if len(mnemonics) > LIMIT else ""
    yield Text("      " + ", ".join(f"{name} {count:,}" for name, count in mnemonics[:LIMIT]) + rest, "dim")


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _global(cost: Mapping[str, Any], accesses: int) -> Iterator[Text]:
    if not accesses:
        return
    moved = ", ".join(
        f"{cost[f'global_bytes_{how}']:,} bytes {how}"
        for how in ("loaded", "stored", "atomic")
        if cost.get(f"global_bytes_{how}")
    )
    lines = ", ".join(f"{cost.get(f'global_lines_{size}', 0) / accesses:.1f} of {size}" for size in (64, 128))
    yield Text(f"      global memory {moved}; lines per access: {lines} bytes")
