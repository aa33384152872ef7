"""Reading assembly files, and launches that do not fit them."""

import numpy as np
import pytest

from tests.emulator.text import assembly, execute
from tracker.emulator import EmulationFault, Memory, load, run
from tracker.emulator.instruction import operand, parse


def _fault(text: str, *arguments: bytes | Memory, block: int = 32) -> EmulationFault:
    with pytest.raises(EmulationFault) as caught:
        run(load(text), "k", (1, 1, 1), (block, 1, 1), list(arguments))
    return caught.value


def test_kernels_and_target() -> None:
    program = load(assembly("s_nop 0", ["a"]))
    assert program.symbols == {"k"}
    assert program.arch == "gfx1100"


@pytest.mark.parametrize("text", ["", "\t.globl main\nmain:\n\tret\n"])
def test_text_for_another_machine_is_refused(text: str) -> None:
    with pytest.raises(EmulationFault, match="not for an AMD GPU"):
        load(text)


def test_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(EmulationFault, match=r"gfx803.*gfx90a.*gfx1100"):
        load('\t.amdgcn_target "amdgcn-amd-amdhsa--gfx803"\n')


def test_unknown_kernel() -> None:
    with pytest.raises(EmulationFault, match="no kernel other"):
        run(load(assembly("s_nop 0", [])), "other", (1, 1, 1), (32, 1, 1), [])


def test_wrong_number_of_arguments() -> None:
    fault = _fault(assembly("s_nop 0", ["a", "b"]), bytes(8))
    assert (fault.kind, "takes 2 arguments, 1 given" in fault.message) == ("launch error", True)


def test_wrong_size_of_an_argument() -> None:
    assert "argument 1 of kernel k has 8 bytes, 4 given" in _fault(assembly("s_nop 0", ["a"]), bytes(4)).message


def test_block_too_large() -> None:
    assert _fault(assembly("s_nop 0", []), block=1025).kind == "launch error"


def test_unknown_instruction_names_itself_kernel_line_and_arch() -> None:
    fault = _fault(assembly("s_nop 0\nv_frobnicate_b32 v0, v1", []))
    assert fault.kind == "unknown instruction"
    for part in ("'v_frobnicate_b32 v0, v1'", "kernel k", "kernel.hip:7", "assembly line 7", "gfx1100"):
        assert part in fault.message


def test_unknown_modifier_is_named() -> None:
    fault = _fault(assembly("v_add_f32_e64 v0, v1, v2 sparkle:3", []))
    assert fault.kind == "unknown instruction" and "sparkle" in fault.message


def test_unknown_label_is_named() -> None:
    assert ".LBB9_9" in _fault(assembly("s_branch .LBB9_9", [])).message


@pytest.mark.parametrize(
    ("text", "operands", "modifiers"),
    [
        ("s_endpgm", (), {}),
        ("v_mov_b32_e32 v1, -16", ("v1", "-16"), {}),
        ("global_load_b32 v2, v[2:3], off offset:-16 glc", ("v2", "v[2:3]", "off"), {"offset": "-16", "glc": ""}),
        ("v_add_f64 v[0:1], v[2:3], -|v[12:13]|", ("v[0:1]", "v[2:3]", "-|v[12:13]|"), {}),
        ("v_fma_mix_f32 v1, v2, v3, 0 op_sel_hi:[1,0,0]", ("v1", "v2", "v3", "0"), {"op_sel_hi": "[1,0,0]"}),
    ],
)
def test_instructions_are_taken_apart(text: str, operands: tuple[str, ...], modifiers: dict[str, str]) -> None:
    assert parse(text) == (text.split()[0], operands, modifiers)


def test_operands_are_taken_apart() -> None:
    assert (operand("-|v5|").negative, operand("-|v5|").absolute, operand("-|v5|").index) == (True, True, 5)
    assert (operand("-16").kind, operand("-16").value) == ("int", -16)
    assert (operand("v7.h").index, operand("v7.h").half) == (7, 1)
    assert (operand("s[4:7]").index, operand("s[4:7]").count) == (4, 4)
    assert operand("sext(v3)").extended


def test_same_seed_same_noise() -> None:
    body = "s_load_b64 s[2:3], s[0:1], 0x0\nv_lshlrev_b32_e32 v2, 2, v0\nglobal_store_b32 v2, v9, s[2:3]"
    first, again, other = (execute(body, {"out": 128}, seed=seed).buffers["out"] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_float_mode_that_is_not_modelled_is_refused() -> None:
    text = assembly("s_nop 0", []).replace(
        ".amdhsa_kernel k\n", ".amdhsa_kernel k\n\t\t.amdhsa_float_round_mode_32 3\n"
    )
    assert "float_round_mode_32 3" in _fault(text).message
