"""Runs a scalar operation in a kernel of its own, one wave per set of values, and checks all it may write.

Registers: s[8:9] and s[10:11] sources, s[12:13] old destination, s14 SCC before, s[32:33] EXEC before; s[16:17] result,
s[18:19] result where the destination is the first source as well, s20 and s21 SCC after each, s[22:23] EXEC after the
first.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.opcodes.cases import Case, results_of
from tests.opcodes.inputs import values
from tests.opcodes.kernels import WAVE, Kernel, pair, scalar_load, set_exec, store, wait
from tests.opcodes.numbers import decode, width

WAVES = 128
INPUT_STRIDE = 64
OUTPUT_STRIDE = 32


def kernel(tested: Case, arch: str, name: str) -> Kernel:
    """Text of the test kernel; every workgroup is one wave."""
    lines = [
        f"{scalar_load(arch, 4)} s[4:7], s[0:1], 0x0",
        "s_lshl_b32 s3, s2, 6",
        wait(arch, scalar=True),
        "s_add_u32 s4, s4, s3",
        "s_addc_u32 s5, s5, 0",
        f"{scalar_load(arch, 8)} s[8:15], s[4:5], 0x0",
        f"{scalar_load(arch, 2)} s[32:33], s[4:5], 0x20",
        wait(arch, scalar=True),
        "s_mov_b64 s[16:17], s[12:13]",
        "s_mov_b64 s[18:19], s[8:9]",
        set_exec(arch, pair(arch, 32)),
        "s_cmp_lg_u32 s14, 0",
        _text(tested, arch, 16, 8),
        "s_cselect_b32 s20, 1, 0",
        f"s_mov_b{WAVE[arch]} {pair(arch, 22)}, {'exec' if WAVE[arch] == 64 else 'exec_lo'}",
        set_exec(arch, pair(arch, 32)),
        "s_cmp_lg_u32 s14, 0",
        *([_text(tested, arch, 18, 18)] if aliases(tested) else []),
        "s_cselect_b32 s21, 1, 0",
        set_exec(arch, "1"),
        *(f"v_mov_b32_e32 v{2 + i}, s{16 + i}" for i in range(8)),
        "s_lshl_b32 s3, s2, 5",
        "v_mov_b32_e32 v0, s3",
        *(f"{store(arch, 4)} v0, v[{2 + 4 * i}:{5 + 4 * i}], s[6:7] offset:{16 * i}" for i in range(2)),
    ]
    return Kernel(name, tuple(lines))


def aliases(tested: Case) -> bool:
    """Can the first source be the destination too?"""
    explicit = tested.results[0] != "scc" and tested.sources[0] not in ("imm", "scc", "exec")
    return explicit and not any(kind.startswith("acc:") for kind in tested.sources)


def _text(tested: Case, arch: str, result: int, first: int) -> str:
    operands = [_register(kind, result) for kind in tested.results if kind not in ("scc", "exec")]
    index = first
    for kind in tested.sources:
        if kind in ("scc", "exec") or kind.startswith("acc:"):
            continue
        operands.append(hex(tested.immediate) if kind == "imm" else _register(kind, index))
        index = 10
    return f"{tested.names[arch]} {', '.join(operands)}"


def _register(kind: str, index: int) -> str:
    return f"s[{index}:{index + 1}]" if width(kind) == 64 else f"s{index}"


@cache
def inputs() -> tuple[tuple[int, ...], ...]:
    """Per wave: two sources, old destination, SCC, EXEC."""
    lanes = values(("u64", "u64", "u64", "u32", "u64"))[:WAVES]
    return tuple((a, b, d, s & 1, e) for a, b, d, s, e in lanes)


def input_bytes() -> NDArray[np.uint8]:
    """The input buffer."""
    rows = np.zeros((WAVES, INPUT_STRIDE // 8), np.uint64)
    rows[:, :5] = np.array(inputs(), np.uint64)
    return rows.reshape(-1).view(np.uint8)


def mismatches(tested: Case, arch: str, output: NDArray[np.uint8]) -> list[str]:
    """Descriptions of waves that hold something else than they must."""
    found = []
    for wave, (given, row) in enumerate(zip(inputs(), output.reshape(WAVES, OUTPUT_STRIDE), strict=True)):
        wanted = _expected(tested, arch, given)
        if wanted is None:
            continue
        first, second = (int(x) for x in row[:16].view(np.uint64))
        conditions = [int(x) for x in row[16:24].view(np.uint32)]
        active = int(row[24:32].view(np.uint64)[0]) & ((1 << WAVE[arch]) - 1)
        got = [first, conditions[0], active]
        wished = [_merged(tested, given[2], wanted), wanted["scc"], wanted["exec"]]
        if aliases(tested):
            got += [second, conditions[1]]
            wished += [_merged(tested, given[0], wanted), wanted["scc"]]
        if got != wished:
            found.append(f"wave {wave}: inputs {[hex(x) for x in given]} gave {_hex(got)}, must be {_hex(wished)}")
    return found


def _hex(numbers: list[int]) -> str:
    return " ".join(f"{x:#x}" for x in numbers)


def _merged(tested: Case, old: int, wanted: dict[str, int]) -> int:
    """The destination pair: only the result's bits change."""
    kind = tested.results[0]
    if kind == "scc":
        return old
    mask = (1 << width(kind)) - 1
    return old & ~mask | wanted["value"]


def _expected(tested: Case, arch: str, given: tuple[int, ...]) -> dict[str, int] | None:
    first, second, old, condition, active = given
    active &= (1 << WAVE[arch]) - 1
    plain, sources = iter((first, second)), []
    for kind in tested.sources:
        if kind == "imm":
            continue
        if kind.startswith("acc:"):
            sources.append(decode(old, kind[4:]))
        elif kind in ("scc", "exec"):
            sources.append(condition if kind == "scc" else active)
        else:
            sources.append(decode(next(plain), kind))
    kinds = [k if k != "exec" else f"u{WAVE[arch]}" for k in tested.results]
    results = results_of(tested, tuple(sources), kinds)
    if not results:
        return None
    named = {"scc": condition, "exec": active}
    for kind, bits in zip(tested.results, results, strict=True):
        named[kind if kind in named else "value"] = bits
    return named
