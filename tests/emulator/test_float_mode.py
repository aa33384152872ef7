"""Denormals as the kernel's float mode says, and as instructions change it."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.emulator import compiled
from tests.emulator.text import LANE_OFFSET, assembly
from tracker.emulator import EmulationFault, Memory, Report, load, run

F32 = NDArray[np.float32]
NUMBERS = np.array([1.0, -3.0, 1e-38, -2e-38, 1e-39, -1e-45, 1.5e-40, 0.0, -0.0, 0.5, 3e38, 1e-20, -1e-19], np.float32)

SOURCE = """
KERNEL k(float *out, const float *a, const float *b, int n) {
    int t = __builtin_amdgcn_workitem_id_x();
    out[t] = a[t] + b[t];
    out[n + t] = a[t] * b[t];
    out[2 * n + t] = __builtin_fmaf(a[t], b[t], a[t]);
    out[3 * n + t] = a[t] / b[t];
    out[4 * n + t] = a[t] < b[t] ? 1.0f : 0.0f;
}
"""


def _flushed(values: F32) -> F32:
    small = np.abs(values) < np.finfo(np.float32).smallest_normal
    return np.where(small, np.copysign(np.float32(0), values), values)


def _expected(a: F32, b: F32, *, flush: bool) -> F32:
    with np.errstate(all="ignore"):
        if flush:
            a, b = _flushed(a), _flushed(b)
        fused = (a.astype(np.longdouble) * b.astype(np.longdouble) + a).astype(np.float32)
        results = np.concatenate([a + b, a * b, fused, a / b, (a < b).astype(np.float32)])
        return _flushed(results) if flush else results


@pytest.mark.parametrize("arch", compiled.ARCHS)
@pytest.mark.parametrize("flush", [False, True])
def test_compiled_arithmetic(arch: str, flush: bool, tmp_path: Path) -> None:
    flag = "-fgpu-flush-denormals-to-zero" if flush else "-fno-gpu-flush-denormals-to-zero"
    text = compiled.assembly(SOURCE, arch, tmp_path, flag, "-ffp-contract=off")
    assert f".amdhsa_float_denorm_mode_32 {0 if flush else 3}" in text
    a, b = (axis.reshape(-1) for axis in np.meshgrid(NUMBERS, NUMBERS))
    arguments = [Memory("out", np.zeros(20 * a.size, np.uint8), "out")]
    arguments += [Memory(name, x.copy().view(np.uint8), "in") for name, x in (("a", a), ("b", b))]
    report = compiled.execute(text, [*arguments, a.size.to_bytes(4, "little")], a.size)
    found, wanted = report.buffers["out"].view(np.float32), _expected(a, b, flush=flush)
    number = ~np.isnan(wanted)
    assert np.array_equal(np.isnan(found), ~number)
    assert np.array_equal(found[number], wanted[number])


def _mode(instructions: str, mode: int = 3) -> Report:
    body = "s_load_b64 s[2:3], s[0:1], 0x0" + LANE_OFFSET + instructions + "\nglobal_store_b32 v2, v3, s[2:3]"
    text = assembly(body, ["out"])
    text = text.replace("float_denorm_mode_32 3", f"float_denorm_mode_32 {mode}")
    return run(load(text), "k", (1, 1, 1), (32, 1, 1), [Memory("out", np.zeros(128, np.uint8), "out")])


@pytest.mark.parametrize("mode", range(4))
def test_sources_and_results_apart(mode: int) -> None:
    """Bit 0 of the mode keeps denormal sources (2**-127 times 4), bit 1 denormal results (2**-126 times 0.5)."""
    for bit, bits, factor, product in ((1, 0x400000, 4.0, 0x01000000), (2, 0x800000, 0.5, 0x400000)):
        body = f"v_mov_b32_e32 v4, 0x{bits:x}\nv_mul_f32_e32 v3, {factor}, v4"
        found = _mode(body, mode).buffers["out"].view(np.uint32)[0]
        assert found == (product if mode & bit else 0)


@pytest.mark.parametrize("change", ["s_denorm_mode {}", "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 4), {}"])
def test_mode_changes_hold_until_the_next(change: str) -> None:
    body = f"{change.format(12)}\nv_mul_f32_e64 v3, 1, 1.0\n{change.format(15)}\nv_mul_f32_e64 v4, 1, 1.0\n"
    report = _mode(body + "v_lshl_or_b32 v3, v4, 4, v3")
    assert report.buffers["out"].view(np.uint32)[0] == 0x10


def test_a_changed_mode_may_not_outlive_straight_line_code() -> None:
    with pytest.raises(EmulationFault, match="float mode is changed"):
        _mode("s_denorm_mode 12")


@pytest.mark.parametrize(
    ("field", "value"), [("MODE", 0x3F0), ("MODE, 4, 4", 15), ("MODE, 0, 4", 0), ("HW_ID1", 0), ("HW_ID, 0, 4", 0)]
)
def test_registers_that_can_be_read(field: str, value: int) -> None:
    report = _mode(f"s_getreg_b32 s6, hwreg(HW_REG_{field})\nv_mov_b32_e32 v3, s6")
    assert report.buffers["out"].view(np.uint32)[0] == value


@pytest.mark.parametrize("code", ["s_round_mode 0", "s_setreg_b32 hwreg(HW_REG_FLAT_SCR_LO), s6"])
def test_without_effect_here(code: str) -> None:
    assert _mode(code + "\nv_mov_b32_e32 v3, 5").buffers["out"].view(np.uint32)[0] == 5


def test_other_rounding_is_refused() -> None:
    with pytest.raises(EmulationFault, match="only the denormal mode can change"):
        _mode("s_round_mode 3")


@pytest.mark.parametrize("code", ["s_getreg_b32 s6, hwreg(HW_REG_TRAPSTS)", "s_setreg_b32 hwreg(HW_REG_MODE), s6"])
def test_other_registers_are_refused_by_name(code: str) -> None:
    with pytest.raises(EmulationFault, match=r"hardware register (TRAPSTS|MODE)"):
        _mode(code)
