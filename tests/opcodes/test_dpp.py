"""Data-parallel primitives: the first source comes from another lane."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.opcodes.cases import ARCHS
from tests.opcodes.snippet import RESULT, Snippet, Words
from tests.opcodes.test_lane_exchange import active, expected_words, run_masked, three_words

Source = Callable[[int], int]
"""Lane that a lane reads from, -1 for none."""


def _within_row(step: int) -> Source:
    return lambda i: i + step if 0 <= (i & 15) + step < 16 else -1


_ALL: dict[str, Source] = {
    "quad_perm:[1,2,3,0]": lambda i: i & ~3 | (i + 1 & 3),
    "quad_perm:[2,2,0,0]": lambda i: i & ~3 | (2, 2, 0, 0)[i & 3],
    "row_shl:1": _within_row(1),
    "row_shl:7": _within_row(7),
    "row_shr:1": _within_row(-1),
    "row_shr:15": _within_row(-15),
    "row_ror:5": lambda i: i & ~15 | (i - 5 & 15),
    "row_mirror": lambda i: i ^ 15,
    "row_half_mirror": lambda i: i ^ 7,
}
_GFX9: dict[str, Source] = {
    "wave_shl:1": lambda i: i + 1 if i < 63 else -1,
    "wave_shr:1": lambda i: i - 1,
    "wave_rol:1": lambda i: (i + 1) % 64,
    "wave_ror:1": lambda i: (i - 1) % 64,
    "row_bcast:15": lambda i: (i & ~15) - 1 if i > 15 else -1,
    "row_bcast:31": lambda i: 31 if i > 31 else -1,
}
_GFX10: dict[str, Source] = {
    "row_share:3": lambda i: i & ~15 | 3,
    "row_xmask:9": lambda i: i ^ 9,
}
CONTROLS = {"gfx90a": _ALL | _GFX9, "gfx1030": _ALL | _GFX10, "gfx1100": _ALL | _GFX10}
_CASES = [(arch, control) for arch in ARCHS for control in CONTROLS[arch]]


def _moved(block: Words, lane: int, source: int, *, zero: bool, fetch: bool = False) -> int | None:
    """What the lane reads; None when its write is switched off."""
    if source >= 0 and (active(source) or fetch):
        return int(block[source, 1])
    return 0 if zero else None


@pytest.mark.parametrize(("arch", "control"), _CASES)
@pytest.mark.parametrize("zero", [False, True])
def test_move(arch: str, control: str, zero: bool) -> None:
    source = CONTROLS[arch][control]
    masks = f" row_mask:0xf bank_mask:0xf{' bound_ctrl:1' if zero else ''}"
    got = run_masked(arch, "s_nop 4", f"v_mov_b32_dpp v{RESULT}, v3 {control}{masks}")

    def value(block: Words, lane: int) -> int:
        moved = _moved(block, lane, source(lane), zero=zero)
        return int(block[lane, 2]) if moved is None else moved

    np.testing.assert_array_equal(got, expected_words(arch, three_words(), value))


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("zero", [False, True])
def test_only_the_first_source_moves_and_masks_keep_rows_and_banks(arch: str, zero: bool) -> None:
    name = "v_sub_u32_dpp" if arch == "gfx90a" else "v_sub_nc_u32_dpp"
    control = f"row_shl:2 row_mask:0x2 bank_mask:0x5{' bound_ctrl:1' if zero else ''}"
    got = run_masked(arch, "s_nop 4", f"{name} v{RESULT}, v3, v2 {control}")

    def value(block: Words, lane: int) -> int:
        moved = _moved(block, lane, _within_row(2)(lane), zero=zero)
        if moved is None or not 0x2 >> lane // 16 & 1 or not 0x5 >> lane // 4 % 4 & 1:
            return int(block[lane, 2])
        return moved - int(block[lane, 0]) & 0xFFFFFFFF

    np.testing.assert_array_equal(got, expected_words(arch, three_words(), value))


@pytest.mark.parametrize("arch", ARCHS[1:])
def test_fi_fetches_from_inactive_lanes(arch: str) -> None:
    got = run_masked(arch, f"v_mov_b32_dpp v{RESULT}, v3 row_ror:3 row_mask:0xf bank_mask:0xf fi:1")
    np.testing.assert_array_equal(
        got, expected_words(arch, three_words(), lambda block, lane: block[lane & ~15 | (lane - 3 & 15), 1])
    )


@pytest.mark.parametrize("arch", ARCHS[1:])
def test_dpp8_chooses_freely_among_eight_lanes(arch: str) -> None:
    order, inputs = (7, 6, 5, 0, 1, 2, 3, 3), three_words()
    text = f"v_mov_b32_dpp v{RESULT}, v3 dpp8:[{','.join(map(str, order))}]"
    lanes = np.arange(len(inputs))
    # With all lanes active: what a lane reads from an inactive one is not documented consistently.
    np.testing.assert_array_equal(
        Snippet(arch, [text], inputs).run()[:, 0], inputs[lanes & ~7 | np.array(order)[lanes & 7], 1]
    )


@pytest.mark.parametrize("arch", ARCHS)
def test_float_sign_modifiers_apply_after_the_move(arch: str) -> None:
    text = f"v_add_f32_dpp v{RESULT}, -v3, |v2| quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf bound_ctrl:1"
    inputs = three_words()
    inputs[:, :2] = np.random.default_rng(3).standard_normal((len(inputs), 2)).astype(np.float32).view(np.uint32)
    got = run_masked(arch, "s_nop 4", text, inputs=inputs)

    def value(block: Words, lane: int) -> int:
        moved = np.uint32(block[lane ^ 1, 1] if active(lane ^ 1) else 0).view(np.float32)
        return int((-moved + np.abs(block[lane, 0].view(np.float32))).view(np.uint32))

    np.testing.assert_array_equal(got, expected_words(arch, inputs, value))
