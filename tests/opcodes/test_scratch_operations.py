"""Private memory: every lane has bytes of its own."""

import itertools

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.snippet import RESULT, Snippet, random_words

THREADS = 128
SIZES = (1, 2, 4, 8, 12, 16)
_STORES = {1: ("b8", "byte"), 2: ("b16", "short"), 4: ("b32", "dword")}
_STORES |= {8: ("b64", "dwordx2"), 12: ("b96", "dwordx3"), 16: ("b128", "dwordx4")}
_LOADS = _STORES | {1: ("u8", "ubyte"), 2: ("u16", "ushort")}


def _registers(first: int, size: int) -> str:
    count = (size + 3) // 4
    return f"v{first}" if count == 1 else f"v[{first}:{first + count - 1}]"


def _store(arch: str, size: int, address: str, data: int, offset: int) -> str:
    if arch == "gfx1100":
        return f"scratch_store_{_STORES[size][0]} {address}, {_registers(data, size)}, off offset:{offset}"
    enable = "" if address == "off" else " offen"
    name = f"buffer_store_{_STORES[size][1]}"
    return f"{name} {_registers(data, size)}, {address}, s[20:23], 0{enable} offset:{offset}"


def _load(arch: str, size: int, address: str, offset: int) -> str:
    if arch == "gfx1100":
        return f"scratch_load_{_LOADS[size][0]} {_registers(RESULT, size)}, {address}, off offset:{offset}"
    enable = "" if address == "off" else " offen"
    name = f"buffer_load_{_LOADS[size][1]}"
    return f"{name} {_registers(RESULT, size)}, {address}, s[20:23], 0{enable} offset:{offset}"


@pytest.mark.parametrize(("arch", "size"), list(itertools.product(ARCHS, SIZES)))
def test_a_lane_reads_back_what_it_stored(arch: str, size: int) -> None:
    inputs = random_words(THREADS, 6)
    lines = [
        _store(arch, 16, "off", 2, 16),
        _store(arch, size, "off", 4, 32),
        *(f"v_mov_b32_e32 v{RESULT + i}, 0" for i in range(4)),
        "s_waitcnt vmcnt(0)",
        _load(arch, size, "off", 32),
        "s_waitcnt vmcnt(0)",
    ]
    got = Snippet(arch, lines, inputs, 4, scratch=64).run()
    raw = np.zeros((THREADS, 16), np.uint8)
    raw[:, :size] = np.ascontiguousarray(inputs[:, 2:6]).view(np.uint8)[:, :size]
    np.testing.assert_array_equal(got, raw.view(np.uint32))


@pytest.mark.parametrize(("arch", "size"), list(itertools.product(ARCHS, (4, 8, 16))))
def test_lanes_address_their_own_bytes_by_a_register(arch: str, size: int) -> None:
    inputs = random_words(THREADS, 6)
    inputs[:, 0] = np.arange(THREADS) % 3 * 16
    inputs[:, 1] = 16
    lines = [
        *(_store(arch, 16, "off", 4, 16 * k) for k in range(3)),
        "v_add_u32_e32 v10, 0, v2" if arch == "gfx90a" else "v_add_nc_u32_e32 v10, 0, v2",
        *(f"v_not_b32_e32 v{12 + i}, v{4 + i}" for i in range(4)),
        _store(arch, size, "v10", 12, 0),
        *(f"v_mov_b32_e32 v{RESULT + i}, 0" for i in range(4)),
        _load(arch, 16, "v3", 0),
        "s_waitcnt vmcnt(0)",
    ]
    got = Snippet(arch, lines, inputs, 4, scratch=64).run()
    wanted = inputs[:, 2:6].copy()
    mine = inputs[:, 0] == 16
    wanted[mine, : size // 4] = ~wanted[mine, : size // 4]
    np.testing.assert_array_equal(got, wanted)
