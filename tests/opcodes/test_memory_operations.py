"""Loads and stores of every width: bytes moved, extension, register halves kept, lanes masked."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.opcodes.cases import ARCHS
from tests.opcodes.kernels import WAVE, pair, set_exec, wait
from tests.opcodes.snippet import RESULT, Snippet, Words, random_words

THREADS = 64
ACTIVE = 0x9D3C5AF0B7C3A596
BYTES = 1024

# Canonical suffix: gfx9 and gfx10 spelling, bytes, signed, register half (None: whole registers).
LOADS: dict[str, tuple[str, int, bool, str | None]] = {
    "u8": ("ubyte", 1, False, None),
    "i8": ("sbyte", 1, True, None),
    "u16": ("ushort", 2, False, None),
    "i16": ("sshort", 2, True, None),
    "b32": ("dword", 4, False, None),
    "b64": ("dwordx2", 8, False, None),
    "b96": ("dwordx3", 12, False, None),
    "b128": ("dwordx4", 16, False, None),
    "d16_u8": ("ubyte_d16", 1, False, "l"),
    "d16_i8": ("sbyte_d16", 1, True, "l"),
    "d16_b16": ("short_d16", 2, False, "l"),
    "d16_hi_u8": ("ubyte_d16_hi", 1, False, "h"),
    "d16_hi_i8": ("sbyte_d16_hi", 1, True, "h"),
    "d16_hi_b16": ("short_d16_hi", 2, False, "h"),
}
STORES: dict[str, tuple[str, int, str | None]] = {
    "b8": ("byte", 1, None),
    "b16": ("short", 2, None),
    "b32": ("dword", 4, None),
    "b64": ("dwordx2", 8, None),
    "b96": ("dwordx3", 12, None),
    "b128": ("dwordx4", 16, None),
    "d16_hi_b8": ("byte_d16_hi", 1, "h"),
    "d16_hi_b16": ("short_d16_hi", 2, "h"),
}
DS_LOADS: dict[str, tuple[str, int, bool, str | None]] = {
    "u8": ("u8", 1, False, None),
    "i8": ("i8", 1, True, None),
    "u16": ("u16", 2, False, None),
    "i16": ("i16", 2, True, None),
    "b32": ("b32", 4, False, None),
    "b64": ("b64", 8, False, None),
    "b96": ("b96", 12, False, None),
    "b128": ("b128", 16, False, None),
    "u8_d16": ("u8_d16", 1, False, "l"),
    "i8_d16": ("i8_d16", 1, True, "l"),
    "u16_d16": ("u16_d16", 2, False, "l"),
    "u8_d16_hi": ("u8_d16_hi", 1, False, "h"),
    "i8_d16_hi": ("i8_d16_hi", 1, True, "h"),
    "u16_d16_hi": ("u16_d16_hi", 2, False, "h"),
}
DS_STORES: dict[str, tuple[int, str | None]] = {
    "b8": (1, None),
    "b16": (2, None),
    "b32": (4, None),
    "b64": (8, None),
    "b96": (12, None),
    "b128": (16, None),
    "b8_d16_hi": (1, "h"),
    "b16_d16_hi": (2, "h"),
}


def _registers(first: int, size: int) -> str:
    count = (size + 3) // 4
    return f"v{first}" if count == 1 else f"v[{first}:{first + count - 1}]"


def _name(arch: str, space: str, verb: str, new: str, old: str) -> str:
    return f"{space}_{verb}_{new if arch == 'gfx1100' else old}"


def is_active(thread: int, arch: str) -> bool:
    return bool(ACTIVE >> thread % WAVE[arch] & 1)


def _masked(arch: str, *lines: str) -> list[str]:
    start = [f"s_mov_b32 s30, {ACTIVE & 0xFFFFFFFF:#x}", f"s_mov_b32 s31, {ACTIVE >> 32:#x}"]
    return [*start, set_exec(arch, pair(arch, 30)), *lines, "s_waitcnt vmcnt(0) lgkmcnt(0)", set_exec(arch, "-1")]


def _old(count: int = 4) -> list[str]:
    """Result registers start as the fourth input word and its neighbours."""
    return [f"v_mov_b32_e32 v{RESULT + i}, v{4 + i % 2}" for i in range(count)]


def _inputs(alignment: int = 1, room: int = 16) -> Words:
    """A byte offset into 1024 bytes, a second word, and two old values."""
    words = random_words(THREADS, 4)
    words[:, 0] = words[:, 0] % ((BYTES - 64 - room) // alignment) * alignment
    return words


def _loaded(raw: NDArray[np.uint8], at: int, size: int, is_signed: bool, half: str | None, old: list[int]) -> list[int]:
    """Registers after a load of `size` bytes at `at`."""
    value = int.from_bytes(raw[at : at + size].tobytes(), "little")
    if is_signed and value >> (8 * size - 1):
        value -= 1 << 8 * size
    if half is None:
        words = [(value & (1 << 32 * ((size + 3) // 4)) - 1) >> 32 * i & 0xFFFFFFFF for i in range((size + 3) // 4)]
        return words + old[len(words) :]
    value &= 0xFFFF
    first = old[0] & 0xFFFF0000 | value if half == "l" else old[0] & 0xFFFF | value << 16
    return [first, *old[1:]]


def _check_load(
    arch: str, got: Words, raw: NDArray[np.uint8], at: list[int], kind: tuple[int, bool, str | None], inputs: Words
) -> None:
    wanted = []
    for thread, row in enumerate(inputs.tolist()):
        old = [row[2 + i % 2] for i in range(4)]
        wanted.append(_loaded(raw, at[thread], *kind, old) if is_active(thread, arch) else old)
    np.testing.assert_array_equal(got, np.array(wanted, np.uint32))


_RAW = np.random.default_rng(9).integers(0, 256, BYTES, np.uint8)


@pytest.mark.parametrize(("arch", "new"), list(itertools.product(ARCHS, LOADS)))
def test_global_load(arch: str, new: str) -> None:
    old, size, is_signed, half = LOADS[new]
    inputs = _inputs()
    name = _name(arch, "global", "load", new, old)
    text = f"{name} {_registers(RESULT, size)}, v2, s[8:9] offset:37"
    snippet = Snippet(arch, [*_old(), *_masked(arch, text)], inputs, 4, extra=_RAW.copy())
    at = [int(offset) + 37 for offset in inputs[:, 0]]
    _check_load(arch, snippet.run(), _RAW, at, (size, is_signed, half), inputs)


def _carry_in(arch: str) -> str:
    if arch == "gfx90a":
        return "v_addc_co_u32_e32 v9, vcc, 0, v10, vcc"
    return "v_add_co_ci_u32_e64 v9, null, 0, v10, vcc_lo"


@pytest.mark.parametrize("arch", ARCHS)
def test_global_load_with_a_vector_address_and_a_negative_offset(arch: str) -> None:
    inputs = _inputs()
    inputs[:, 0] += 64
    add = [
        "v_mov_b32_e32 v10, s9",
        f"v_add_co_u32 v8, {'vcc' if WAVE[arch] == 64 else 'vcc_lo'}, s8, v2",
        (
            "v_addc_co_u32_e32 v9, vcc, 0, v10, vcc"
            if arch == "gfx90a"
            else "v_add_co_ci_u32_e64 v9, null, 0, v10, vcc_lo"
        ),
    ]
    load = _name(arch, "global", "load", "b64", "dwordx2")
    lines = [*_old(), *add, *_masked(arch, f"{load} v[{RESULT}:{RESULT + 1}], v[8:9], off offset:-61")]
    got = Snippet(arch, lines, inputs, 4, extra=_RAW.copy()).run()
    _check_load(arch, got, _RAW, [int(x) - 61 for x in inputs[:, 0]], (8, False, None), inputs)


def _slots(alignment: int, size: int) -> Words:
    """Offsets that do not overlap: thread t writes near 32 * (a permutation of t)."""
    words = random_words(THREADS, 6)
    order = np.random.default_rng(4).permutation(THREADS)
    words[:, 0] = order * 32 + np.arange(THREADS) % 8 * alignment % (32 - size)
    return words


def _stored(arch: str, inputs: Words, size: int, half: str | None, before: NDArray[np.uint8], shift: int) -> Words:
    """Memory after every active thread stored its words from the third on."""
    memory = before.copy()
    for thread, row in enumerate(inputs):
        if is_active(thread, arch):
            raw = row[2:6].tobytes()[2 if half == "h" else 0 :]
            start = int(row[0]) + shift
            memory[start : start + size] = np.frombuffer(raw[:size], np.uint8)
    return memory


@pytest.mark.parametrize(("arch", "new"), list(itertools.product(ARCHS, STORES)))
def test_global_store(arch: str, new: str) -> None:
    old, size, half = STORES[new]
    inputs = _slots(1, size)
    before = np.random.default_rng(2).integers(0, 256, 32 * THREADS + 64, np.uint8)
    name = _name(arch, "global", "store", new, old)
    text = f"{name} v2, {_registers(4, size)}, s[8:9] offset:13"
    snippet = Snippet(arch, [*_masked(arch, text), f"v_mov_b32_e32 v{RESULT}, 0"], inputs, extra=before.copy())
    snippet.run()
    np.testing.assert_array_equal(snippet.extra, _stored(arch, inputs, size, half, before, 13))


def fill_lds(arch: str, size: int) -> list[str]:
    """Copy the first `size` bytes of `extra` to LDS with one thread per 16 bytes."""
    load, store = _name(arch, "global", "load", "b128", "dwordx4"), _ds(arch, "store", "b128")
    lines = ["v_lshlrev_b32_e32 v20, 4, v0"]
    for start in range(0, size, 16 * THREADS):
        lines += [f"{load} v[24:27], v20, s[8:9] offset:{start}", "s_waitcnt vmcnt(0)"]
        lines += [f"{store} v20, v[24:27] offset:{start}"]
    return [*lines, "s_waitcnt lgkmcnt(0)", "s_barrier"]


def _ds(arch: str, verb: str, ending: str) -> str:
    return f"ds_{verb if arch == 'gfx1100' else {'load': 'read', 'store': 'write'}[verb]}_{ending}"


@pytest.mark.parametrize(("arch", "ending"), list(itertools.product(ARCHS, DS_LOADS)))
def test_lds_load(arch: str, ending: str) -> None:
    _, size, is_signed, half = DS_LOADS[ending]
    inputs = _inputs(alignment={12: 4}.get(size, size))
    text = f"{_ds(arch, 'load', ending)} {_registers(RESULT, size)}, v2 offset:48"
    lines = [*fill_lds(arch, BYTES), *_old(), *_masked(arch, text)]
    got = Snippet(arch, lines, inputs, 4, extra=_RAW.copy(), lds=BYTES).run()
    _check_load(arch, got, _RAW, [int(x) + 48 for x in inputs[:, 0]], (size, is_signed, half), inputs)


_PAIRS = {"2addr_b32": ("2_b32", 4, 4), "2addr_b64": ("2_b64", 8, 8)}
_PAIRS |= {"2addr_stride64_b32": ("2st64_b32", 4, 256), "2addr_stride64_b64": ("2st64_b64", 8, 512)}


def _pair_name(arch: str, verb: str, ending: str) -> str:
    if arch == "gfx1100":
        return f"ds_{verb}_{ending}"
    return f"ds_{ {'load': 'read', 'store': 'write'}[verb] }{_PAIRS[ending][0]}".replace(" ", "")


@pytest.mark.parametrize(("arch", "ending"), list(itertools.product(ARCHS, _PAIRS)))
def test_lds_load_of_two_places(arch: str, ending: str) -> None:
    _, size, unit = _PAIRS[ending]
    inputs = random_words(THREADS, 4)
    inputs[:, 0] = np.arange(THREADS) * 8 % 448
    raw = np.tile(_RAW, 2)
    text = f"{_pair_name(arch, 'load', ending)} {_registers(RESULT, 2 * size)}, v2 offset0:3 offset1:1"
    lines = [*fill_lds(arch, 2048), *_old(), *_masked(arch, text)]
    got = Snippet(arch, lines, inputs, 4, extra=raw.copy(), lds=2048).run()
    wanted = []
    for thread, row in enumerate(inputs.tolist()):
        parts = [raw[row[0] + unit * k : row[0] + unit * k + size].view(np.uint32).tolist() for k in (3, 1)]
        old = [row[2 + i % 2] for i in range(4)]
        new = parts[0] + parts[1]
        wanted.append(new + old[len(new) :] if is_active(thread, arch) else old)
    np.testing.assert_array_equal(got, np.array(wanted, np.uint32))


def dump_lds(arch: str, size: int) -> list[str]:
    """Copy LDS back to `extra`."""
    load, store = _ds(arch, "load", "b128"), _name(arch, "global", "store", "b128", "dwordx4")
    lines = ["s_barrier", "v_lshlrev_b32_e32 v20, 4, v0"]
    for start in range(0, size, 16 * THREADS):
        lines += [f"{load} v[24:27], v20 offset:{start}", "s_waitcnt lgkmcnt(0)"]
        lines += [f"{store} v20, v[24:27], s[8:9] offset:{start}"]
    return [*lines, f"v_mov_b32_e32 v{RESULT}, 0"]


@pytest.mark.parametrize(("arch", "ending"), list(itertools.product(ARCHS, DS_STORES)))
def test_lds_store(arch: str, ending: str) -> None:
    size, half = DS_STORES[ending]
    inputs = _slots({12: 4}.get(size, size), size)
    inputs[:, 0] = np.random.default_rng(4).permutation(THREADS) * 32
    before = np.random.default_rng(2).integers(0, 256, 2048 + 64, np.uint8)
    text = f"{_ds(arch, 'store', ending)} v2, {_registers(4, size)} offset:16"
    lines = [*fill_lds(arch, 2048), *_masked(arch, text), *dump_lds(arch, 2048)]
    snippet = Snippet(arch, lines, inputs, extra=before.copy(), lds=2048)
    snippet.run()
    np.testing.assert_array_equal(snippet.extra, _stored(arch, inputs, size, half, before, 16))


@pytest.mark.parametrize(("arch", "ending"), list(itertools.product(ARCHS, _PAIRS)))
def test_lds_store_to_two_places(arch: str, ending: str) -> None:
    _, size, unit = _PAIRS[ending]
    inputs = random_words(THREADS, 6)
    inputs[:, 0] = np.arange(THREADS) * size * (2 if unit < 256 else 1)
    before = np.random.default_rng(2).integers(0, 256, 2048 + 64, np.uint8)
    second = {4: 1, 8: 1, 256: 2, 512: 2}[unit]
    text = f"{_pair_name(arch, 'store', ending)} v2, {_registers(4, size)}, {_registers(6, size)} offset1:{second}"
    lines = [*fill_lds(arch, 2048), *_masked(arch, text), *dump_lds(arch, 2048)]
    snippet = Snippet(arch, lines, inputs, extra=before.copy(), lds=2048)
    snippet.run()
    wanted = before.copy()
    for thread, row in enumerate(inputs):
        for k, word in ((0, 2), (second, 4)):
            if is_active(thread, arch):
                start = int(row[0]) + unit * k
                wanted[start : start + size] = row[word : word + size // 4].view(np.uint8)
    np.testing.assert_array_equal(snippet.extra, wanted)


@pytest.mark.parametrize(("arch", "words"), [*itertools.product(ARCHS, (1, 2, 4, 8, 16)), ("gfx1201", 3)])
def test_scalar_load(arch: str, words: int) -> None:
    new, old = f"b{32 * words}", "dword" if words == 1 else f"dwordx{words}"
    target = "s48" if words == 1 else f"s[48:{47 + words}]"
    lines = [
        f"s_load_{new if arch in ('gfx1100', 'gfx1201') else old} {target}, s[8:9], 0x24",
        wait(arch, scalar=True),
        *(f"v_mov_b32_e32 v{RESULT + i}, s{48 + i}" for i in range(words)),
    ]
    got = Snippet(arch, lines, random_words(THREADS, 1), words, extra=_RAW.copy()).run()
    np.testing.assert_array_equal(got, np.tile(_RAW[0x24 : 0x24 + 4 * words].view(np.uint32), (THREADS, 1)))


@pytest.mark.parametrize("arch", ARCHS)
def test_scalar_load_may_overwrite_its_base_and_take_a_register_offset(arch: str) -> None:
    new = arch == "gfx1100"
    lines = [
        "s_mov_b64 s[48:49], s[8:9]",
        "s_movk_i32 s20, 0x30",
        f"s_load_{'b128' if new else 'dwordx4'} s[48:51], s[48:49], 0x10",
        f"s_load_{'b32' if new else 'dword'} s52, s[8:9], s20",
        "s_waitcnt lgkmcnt(0)",
        *(f"v_mov_b32_e32 v{RESULT + i}, s{48 + i}" for i in range(5)),
    ]
    got = Snippet(arch, lines, random_words(THREADS, 1), 5, extra=_RAW.copy()).run()
    wanted = [*_RAW[0x10:0x20].view(np.uint32), *_RAW[0x30:0x34].view(np.uint32)]
    np.testing.assert_array_equal(got, np.tile(wanted, (THREADS, 1)))
