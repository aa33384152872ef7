"""Atomics on global memory and LDS, with and without the old value, several lanes on one word."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import pair, set_exec
from tests.opcodes.numbers import decode, encode
from tests.opcodes.snippet import RESULT, Snippet, Words, random_words
from tests.opcodes.test_memory_operations import ACTIVE, THREADS, dump_lds, fill_lds, is_active

Update = Callable[[int, int], int]

# gfx11's name, the older global and LDS names, type in which the values count, new value of (old, operand).
UPDATES: dict[str, tuple[str, str, str, Update]] = {
    "add_u{}": ("add", "add_u{}", "u", lambda old, x: old + x),
    "sub_u{}": ("sub", "sub_u{}", "u", lambda old, x: old - x),
    "min_i{}": ("smin", "min_i{}", "i", min),
    "min_u{}": ("umin", "min_u{}", "u", min),
    "max_i{}": ("smax", "max_i{}", "i", max),
    "max_u{}": ("umax", "max_u{}", "u", max),
    "and_b{}": ("and", "and_b{}", "u", lambda old, x: old & x),
    "or_b{}": ("or", "or_b{}", "u", lambda old, x: old | x),
    "xor_b{}": ("xor", "xor_b{}", "u", lambda old, x: old ^ x),
    "swap_b{}": ("swap", "wrxchg_rtn_b{}", "u", lambda old, x: x),
    "inc_u{}": ("inc", "inc_u{}", "u", lambda old, x: 0 if old >= x else old + 1),
    "dec_u{}": ("dec", "dec_u{}", "u", lambda old, x: x if old == 0 or old > x else old - 1),
}
_CASES = list(itertools.product(ARCHS, UPDATES, (32, 64)))
WORDS = 24
"""Elements of 8 bytes that the lanes share."""


def _inputs() -> Words:
    words = random_words(THREADS, 6)
    words[:, 0] = np.random.default_rng(6).integers(0, WORDS, THREADS) * 8
    words[::3, 2:4] %= 8
    return words


def _before() -> Words:
    memory = random_words(256, 1, 8)[:, 0]
    memory[::3] %= 8
    return memory


def _applied(inputs: Words, arch: str, bits: int, update: Update, kind: str) -> tuple[Words, list[int]]:
    """Memory afterwards and every lane's old value (its fourth word when switched off), lanes in order."""
    memory, olds = _before(), []
    mask = (1 << bits) - 1
    for thread, row in enumerate(inputs.tolist()):
        place = row[0] // 4
        if not is_active(thread, arch):
            olds.append((row[4] | row[5] << 32) & mask)
            continue
        old = int(memory[place]) | int(memory[place + 1]) << 32 if bits == 64 else int(memory[place])
        operand = row[2] | row[3] << 32
        new = encode(update(int(decode(old, f"{kind}{bits}")), int(decode(operand, f"{kind}{bits}"))), f"u{bits}")
        memory[place : place + bits // 32] = [new >> 32 * i & 0xFFFFFFFF for i in range(bits // 32)]
        olds.append(old)
    return memory, olds


def _masked(arch: str, *lines: str) -> list[str]:
    start = [f"s_mov_b32 s30, {ACTIVE & 0xFFFFFFFF:#x}", f"s_mov_b32 s31, {ACTIVE >> 32:#x}"]
    keep = [f"v_mov_b32_e32 v{RESULT + i}, v{6 + i}" for i in range(2)]
    return [
        *keep,
        *start,
        set_exec(arch, pair(arch, 30)),
        *lines,
        "s_waitcnt vmcnt(0) lgkmcnt(0)",
        set_exec(arch, "-1"),
    ]


def _registers(first: int, bits: int) -> str:
    return f"v{first}" if bits == 32 else f"v[{first}:{first + 1}]"


def _check_old(got: Words, olds: list[int], bits: int, inputs: Words) -> None:
    wanted = [
        [old & 0xFFFFFFFF, old >> 32 if bits == 64 else int(row[5])] for old, row in zip(olds, inputs, strict=True)
    ]
    # Which lane comes first on a shared word is the hardware's choice: compare lanes that have a word to themselves.
    alone = np.array([np.count_nonzero(inputs[:, 0] == row[0]) == 1 for row in inputs])
    assert alone.sum() > 3
    np.testing.assert_array_equal(got[alone], np.array(wanted, np.uint32)[alone])


_ORDERED = ("swap_b{}", "inc_u{}", "dec_u{}", "cmpswap")
"""Operations whose result in memory depends on the order of the lanes."""


@pytest.mark.parametrize(("arch", "name", "bits"), _CASES)
def test_global_atomic(arch: str, name: str, bits: int) -> None:
    old_name, _, kind, update = UPDATES[name]
    inputs = _inputs()
    if name in _ORDERED:
        inputs[:, 0] = np.random.default_rng(6).permutation(THREADS) * 8
    spelled = f"global_atomic_{name.format(bits)}"
    if arch != "gfx1100":
        spelled = f"global_atomic_{old_name}{'_x2' if bits == 64 else ''}"
    text = f"{spelled} {_registers(RESULT, bits)}, v2, {_registers(4, bits)}, s[8:9] glc"
    snippet = Snippet(arch, _masked(arch, text), inputs, 2, extra=_before().view(np.uint8).copy())
    got = snippet.run()
    memory, olds = _applied(inputs, arch, bits, update, kind)
    np.testing.assert_array_equal(snippet.extra.view(np.uint32), memory)
    _check_old(got, olds, bits, inputs)
    quiet = Snippet(arch, _masked(arch, f"{spelled} v2, {_registers(4, bits)}, s[8:9]"), inputs, 2)
    quiet.extra = _before().view(np.uint8).copy()
    np.testing.assert_array_equal(quiet.run(), inputs[:, 4:6])
    np.testing.assert_array_equal(quiet.extra.view(np.uint32), memory)


def _lds_name(arch: str, name: str, bits: int, *, returns: bool) -> str:
    ending = f"_{'u' if '_u' in name else 'i' if '_i' in name else 'b'}{bits}"
    if name.startswith("swap"):
        return f"ds_{'storexchg' if arch == 'gfx1100' else 'wrxchg'}_rtn{ending}"
    return f"ds_{name.split('_')[0]}{'_rtn' if returns else ''}{ending}"


@pytest.mark.parametrize(("arch", "name", "bits"), _CASES)
@pytest.mark.parametrize("returns", [False, True])
def test_lds_atomic(arch: str, name: str, bits: int, returns: bool) -> None:
    _, _, kind, update = UPDATES[name]
    returns |= name.startswith("swap")
    inputs = _inputs()
    if name in _ORDERED:
        inputs[:, 0] = np.random.default_rng(6).permutation(THREADS) * 8
    target = f"{_registers(RESULT, bits)}, " if returns else ""
    text = f"{_lds_name(arch, name, bits, returns=returns)} {target}v2, {_registers(4, bits)}"
    lines = [*fill_lds(arch, 1024), *_masked(arch, text), *dump_lds(arch, 1024)[:-1]]
    snippet = Snippet(arch, lines, inputs, 2, extra=_before().view(np.uint8).copy(), lds=1024)
    got = snippet.run()
    memory, olds = _applied(inputs, arch, bits, update, kind)
    np.testing.assert_array_equal(snippet.extra.view(np.uint32), memory)
    if returns:
        _check_old(got, olds, bits, inputs)
    else:
        np.testing.assert_array_equal(got, inputs[:, 4:6])


@pytest.mark.parametrize(("arch", "bits"), list(itertools.product(ARCHS, (32, 64))))
@pytest.mark.parametrize("space", ["global", "lds"])
def test_compare_and_swap(arch: str, bits: int, space: str) -> None:
    """Data: new value then comparand for global memory and gfx11's LDS; comparand first for older LDS."""
    inputs = _inputs()
    inputs[:, 0] = np.random.default_rng(6).permutation(THREADS) * 8
    memory, count = _before(), bits // 32
    comparands = np.stack([memory[inputs[:, 0] // 4 + i] for i in range(2)], axis=1)
    comparands[::2] ^= 1
    new = inputs[:, 2:4]
    first, second = (comparands, new) if space == "lds" and arch != "gfx1100" else (new, comparands)
    words = np.concatenate([inputs[:, :2], first[:, :count], second[:, :count], inputs[:, 4:6]], axis=1)
    old_at = 4 + 2 * (count - 1) + 2
    keep = [f"v_mov_b32_e32 v{RESULT + i}, v{old_at + i}" for i in range(2)]
    code = _compare_and_swap(arch, bits, space)
    if space == "lds":
        code = [*fill_lds(arch, 1024), *code, *dump_lds(arch, 1024)[:-1]]
    snippet = Snippet(arch, [*keep, *code], words, 2, extra=memory.view(np.uint8).copy(), lds=1024)
    got = snippet.run()
    for thread, row in enumerate(inputs):
        place = int(row[0]) // 4
        assert got[thread, :count].tolist() == memory[place : place + count].tolist()
        if memory[place : place + count].tolist() == comparands[thread, :count].tolist():
            memory[place : place + count] = new[thread, :count]
    np.testing.assert_array_equal(snippet.extra.view(np.uint32), memory)


def _compare_and_swap(arch: str, bits: int, space: str) -> list[str]:
    count, result = bits // 32, _registers(RESULT, bits)
    if space == "global":
        name = f"cmpswap_b{bits}" if arch == "gfx1100" else f"cmpswap{'_x2' if bits == 64 else ''}"
        return [f"global_atomic_{name} {result}, v2, v[4:{3 + 2 * count}], s[8:9] glc", "s_waitcnt vmcnt(0)"]
    name = f"ds_{'cmpstore' if arch == 'gfx1100' else 'cmpst'}_rtn_b{bits}"
    return [f"{name} {result}, v2, {_registers(4, bits)}, {_registers(4 + count, bits)}", "s_waitcnt lgkmcnt(0)"]


@pytest.mark.parametrize("arch", ["gfx90a", "gfx1100"])
def test_float_add(arch: str) -> None:
    inputs = _inputs()
    inputs[:, 0] = np.random.default_rng(6).permutation(THREADS) * 8
    inputs[:, 2] = np.random.default_rng(7).standard_normal(THREADS).astype(np.float32).view(np.uint32)
    before = np.random.default_rng(8).standard_normal(256).astype(np.float32)
    snippet = Snippet(arch, ["global_atomic_add_f32 v2, v4, s[8:9]"], inputs, extra=before.view(np.uint8).copy())
    snippet.lines = [*snippet.lines, f"v_mov_b32_e32 v{RESULT}, 0"]
    snippet.run()
    before[inputs[:, 0] // 4] += inputs[:, 2].view(np.float32)
    np.testing.assert_array_equal(snippet.extra.view(np.uint32), before.view(np.uint32))
