"""Tables and variables of the module: their content, their addresses in the code, and who may write to them."""

from pathlib import Path

import numpy as np
import pytest

from tests.emulator import compiled
from tests.emulator.compiled import ARCHS
from tests.emulator.text import LANE_OFFSET, assembly
from tracker.emulator import EmulationFault, Memory, Report, load, run

DATA = r"""
	.type	table,@object
	.section	.rodata,"a",@progbits
	.globl	table
	.p2align	4, 0x0
table:
	.long	11                              ; 0xb
	.short	0xfffe
	.byte	3, 4
	.quad	-1
	.size	table, 16

	.type	text,@object
text:
	.asciz	"a\"\n\101\\;"
	.size	text, 7

	.type	pointers,@object
	.data
pointers:
	.quad	table+4
	.quad	text
	.size	pointers, 16
	.type	zeros,@object
	.section	.bss,"aw",@nobits
zeros:
	.zero	8
	.size	zeros, 8
	.local	common
	.comm	common,4,4
"""
START = "s_load_b64 s[2:3], s[0:1], 0x0" + LANE_OFFSET
PLACE = """
    s_getpc_b64 s[4:5]
    s_add_u32 s4, s4, {symbol}@rel32@lo+{low}
    s_addc_u32 s5, s5, {symbol}@rel32@hi+{high}
"""
STORE = "\nglobal_store_b32 v2, v3, s[2:3]"


def _run(body: str, size: int = 128, data: str = DATA) -> Report:
    text = assembly(START + body, ["out"]).replace("\t.amdgpu_metadata", data + "\t.amdgpu_metadata")
    return run(load(text), "k", (1, 1, 1), (32, 1, 1), [Memory("out", np.zeros(size, np.uint8), "out")])


def _fault(body: str, data: str = DATA) -> EmulationFault:
    with pytest.raises(EmulationFault) as caught:
        _run(body, data=data)
    return caught.value


def _word(body: str) -> int:
    return int(_run(body + STORE).buffers["out"].view(np.uint32)[0])


@pytest.mark.parametrize(
    ("symbol", "offset", "value"),
    [
        ("table", 0, 11),
        ("table", 4, 0x0403FFFE),
        ("table", 8, 0xFFFFFFFF),
        ("text", 0, int.from_bytes(b'a"\nA', "little")),
        ("zeros", 4, 0),
        ("common", 0, 0),
    ],
)
def test_a_word_at_a_distance_from_the_code(symbol: str, offset: int, value: int) -> None:
    place = PLACE.format(symbol=symbol, low=4 + offset, high=12 + offset)
    assert _word(place + "v_mov_b32_e32 v4, 0\nglobal_load_b32 v3, v4, s[4:5]") == value
    assert _word(place + "s_load_b32 s6, s[4:5], 0x0\nv_mov_b32_e32 v3, s6") == value


def test_instructions_between_the_program_counter_and_the_number_count() -> None:
    place = PLACE.replace("s[4:5]\n", "s[4:5]\ns_nop 0\n", 1).format(symbol="table", low=8, high=16)
    assert _word(place + "s_load_b32 s6, s[4:5], 0x0\nv_mov_b32_e32 v3, s6") == 11


def test_the_global_offset_table_holds_addresses() -> None:
    place = PLACE.format(symbol="table", low=4, high=12).replace("rel32", "gotpcrel32")
    fetch = "s_load_b64 s[4:5], s[4:5], 0x0\ns_load_b32 s6, s[4:5], 0x4\nv_mov_b32_e32 v3, s6"
    assert _word(place + fetch) == 0x0403FFFE


def test_absolute_addresses() -> None:
    place = "s_mov_b32 s4, table@abs32@lo+4\ns_mov_b32 s5, table@abs32@hi+4\n"
    assert _word(place + "s_load_b32 s6, s[4:5], 0x0\nv_mov_b32_e32 v3, s6") == 0x0403FFFE


@pytest.mark.parametrize(("slot", "value"), [(0, 0x0403FFFE), (8, int.from_bytes(b'a"\nA', "little"))])
def test_addresses_in_data(slot: int, value: int) -> None:
    place = PLACE.format(symbol="pointers", low=4 + slot, high=12 + slot)
    fetch = "s_load_b64 s[4:5], s[4:5], 0x0\nv_mov_b32_e32 v4, 0\nglobal_load_b32 v3, v4, s[4:5]"
    assert _word(place + fetch) == value


def test_a_variable_keeps_what_is_written_within_a_launch_only() -> None:
    place = PLACE.format(symbol="zeros", low=4, high=12) + "v_mov_b32_e32 v4, 0\nv_mov_b32_e32 v5, 1\n"
    body = place + "global_atomic_add_u32 v3, v4, v5, s[4:5] glc"
    for _ in range(2):
        assert np.array_equal(_run(body + STORE).buffers["out"].view(np.uint32), np.arange(32))


@pytest.mark.parametrize("access", ["global_store_b32 v4, v1, s[4:5]", "global_atomic_add_u32 v4, v1, s[4:5]"])
def test_constants_cannot_be_written(access: str) -> None:
    fault = _fault(PLACE.format(symbol="table", low=8, high=16) + "v_mov_b32_e32 v4, 0\n" + access)
    assert fault.kind == "write to constant"
    for part in ("offset 4 of buffer table (16 bytes)", "kernel.hip:7", "lane 0 of wave 0", access):
        assert part in fault.message


def test_reads_behind_a_table_are_found() -> None:
    fault = _fault(PLACE.format(symbol="table", low=4, high=12) + "global_load_b32 v3, v2, s[4:5]")
    assert fault.kind == "out of bounds"
    assert "offset 16 of buffer table (16 bytes)" in fault.message and "lane 4 of wave 0" in fault.message


def test_a_symbol_that_is_no_data_is_named() -> None:
    assert "refers to nothing" in _fault(PLACE.format(symbol="nothing", low=4, high=12)).message


def test_unknown_data_is_named_by_those_who_use_it_only() -> None:
    odd = DATA.replace(".zero\t8", ".sleb128 8")
    assert _run("v_mov_b32_e32 v3, 7" + PLACE.format(symbol="table", low=4, high=12) + STORE, data=odd)
    assert "'.sleb128" in _fault(PLACE.format(symbol="zeros", low=4, high=12), odd).message


SOURCE = r"""
static DEVICE const signed char bytes[13] = {-1, -2, 3, 4, -128, 127};
__attribute__((constant)) float floats[4] = {1.5f, -2.0f, 3.25f};
DEVICE const short shorts[3] = {1, -2, 3};
DEVICE double doubles[2] = {0.25, -4.0};
static DEVICE const char letters[] = "a\"\x01\xff\\\n9;\t";
struct Pair { const signed char *place; int number; };
DEVICE Pair pairs[2] = {{bytes + 2, 7}, {bytes, -9}};
DEVICE int counter = 100;
KERNEL k(int *out, int i) {
    int t = __builtin_amdgcn_workitem_id_x();
    out[8 * t] = bytes[(t + i) % 13];
    out[8 * t + 1] = (int)(4 * floats[(t + i) % 4]);
    out[8 * t + 2] = shorts[(t + i) % 3];
    out[8 * t + 3] = (int)(4 * doubles[(t + i) % 2]);
    out[8 * t + 4] = letters[(t + i) % 10];
    out[8 * t + 5] = pairs[(t + i) % 2].place[t % 3] + pairs[(t + i) % 2].number;
    out[8 * t + 6] = __atomic_fetch_add(&counter, 3, __ATOMIC_RELAXED);
    int digit = 0;
    switch (t + i) {
        case 1: digit = 14; break; case 2: digit = 27; break; case 3: digit = 90; break; case 4: digit = 5; break;
        case 5: digit = 16; break; case 6: digit = 77; break; case 7: digit = 91; break; case 8: digit = 2; break;
    }
    out[8 * t + 7] = digit;
}
"""


def _expected(t: int, i: int) -> list[int]:
    places = [[3, 4, -128], [-1, -2, 3]][(t + i) % 2]
    return [
        ([-1, -2, 3, 4, -128, 127] + [0] * 7)[(t + i) % 13],
        [6, -8, 13, 0][(t + i) % 4],
        [1, -2, 3][(t + i) % 3],
        [1, -16][(t + i) % 2],
        [97, 34, 1, -1, 92, 10, 57, 59, 9, 0][(t + i) % 10],
        places[t % 3] + (7, -9)[(t + i) % 2],
        100 + 3 * t,
        [0, 14, 27, 90, 5, 16, 77, 91, 2, *[0] * 99][t + i],
    ]


@pytest.mark.parametrize("arch", ARCHS)
def test_compiled_tables(arch: str, tmp_path: Path) -> None:
    text = compiled.assembly(SOURCE, arch, tmp_path)
    arguments = [Memory("out", np.zeros(40 * 32, np.uint8), "out"), (2).to_bytes(4, "little")]
    found = compiled.execute(text, arguments, 40).buffers["out"].view(np.int32).reshape(40, 8)
    assert np.array_equal(found, [_expected(t, 2) for t in range(40)])
