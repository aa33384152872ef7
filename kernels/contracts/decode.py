"""Exact decoding of GGML blocks: every value as scale*code + offset in float64, without rounding.

Written from the format descriptions element by element, without the shortcuts kernels take. Products of a half scale,
a 6-bit scale and a code have at most 11+6+8 significant bits, so float64 holds every term and every sum of two exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import gguf
import numpy as np
from numpy.typing import NDArray

from kernels.contracts.formats import Bytes, Format, block_format

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decoded:
    """value = main + offset, each of shape (blocks, elements): main is scale*code, offset the additive part."""

    main: Floats
    offset: Floats

    @property
    def value(self) -> Floats:
        """The real values."""
        return self.main + self.offset


def halves(field: Bytes) -> Floats:
    """float16 fields of shape (blocks, 2n) as float64 of shape (blocks, n)."""
    return np.ascontiguousarray(field).view("<f2").astype(np.float64)


def _decode_q4(form: Format, blocks: Bytes) -> NDArray[np.int64]:
    """Codes 0..15: element i is a low nibble for i < 16, the high nibble of byte i-16 after that."""
    i = np.arange(32)
    return (form.field(blocks, "qs").astype(np.int64)[:, i % 16] >> 4 * (i // 16)) & 15


def _decode_q5(form: Format, blocks: Bytes) -> NDArray[np.int64]:
    """Codes 0..31: the fifth bit of element i is bit i of the little-endian word qh."""
    i = np.arange(32)
    fifth = (form.field(blocks, "qh").astype(np.int64)[:, i // 8] >> i % 8) & 1
    return _decode_q4(form, blocks) | fifth << 4


def _symmetric(codes: Callable[[Format, Bytes], NDArray[np.int64]], centre: int) -> Callable[[Format, Bytes], Decoded]:
    def decode(form: Format, blocks: Bytes) -> Decoded:
        d = halves(form.field(blocks, "d"))
        code = codes(form, blocks)
        return Decoded(d * code, np.broadcast_to(-centre * d, code.shape))

    return decode


def _affine(codes: Callable[[Format, Bytes], NDArray[np.int64]]) -> Callable[[Format, Bytes], Decoded]:
    def decode(form: Format, blocks: Bytes) -> Decoded:
        code = codes(form, blocks)
        m = np.broadcast_to(halves(form.field(blocks, "m")), code.shape)
        return Decoded(halves(form.field(blocks, "d")) * code, m)

    return decode


def _decode_q8_0(form: Format, blocks: Bytes) -> Decoded:
    code = form.field(blocks, "qs").view(np.int8)
    return Decoded(halves(form.field(blocks, "d")) * code, np.zeros(code.shape))


def _decode_q8_k(form: Format, blocks: Bytes) -> Decoded:
    d = np.ascontiguousarray(form.field(blocks, "d")).view("<f4").astype(np.float64)
    code = form.field(blocks, "qs").view(np.int8)
    return Decoded(d * code, np.zeros(code.shape))


def _two_bits(form: Format, blocks: Bytes, e: NDArray[np.int64]) -> NDArray[np.int64]:
    """Codes 0..3 of q2_K and the low bits of q3_K."""
    half, r = e // 128, e % 128
    return (form.field(blocks, "qs").astype(np.int64)[:, 32 * half + r % 32] >> 2 * (r // 32)) & 3


def _decode_q2_k(form: Format, blocks: Bytes) -> Decoded:
    e = np.arange(256)
    packed = form.field(blocks, "scales").astype(np.int64)[:, e // 16]
    d, dmin = halves(form.field(blocks, "d")), halves(form.field(blocks, "dmin"))
    return Decoded(d * (packed & 15) * _two_bits(form, blocks, e), -dmin * (packed >> 4))


def _decode_q3_k(form: Format, blocks: Bytes) -> Decoded:
    e = np.arange(256)
    raised = (form.field(blocks, "hmask").astype(np.int64)[:, e % 32] >> e // 32) & 1
    packed = form.field(blocks, "scales").astype(np.int64)
    j = e // 16
    low = (packed[:, j % 8] >> 4 * (j // 8)) & 15
    high = (packed[:, 8 + j % 4] >> 2 * (j // 4)) & 3
    scale = (low | high << 4) - 32
    code = _two_bits(form, blocks, e) + 4 * raised - 4
    return Decoded(halves(form.field(blocks, "d")) * scale * code, np.zeros(code.shape))


def _six_bit_scales(form: Format, blocks: Bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Eight scales and eight mins of q4_K and q5_K, each of shape (blocks, 8)."""
    p = form.field(blocks, "scales").astype(np.int64)
    first, second, third = p[:, 0:4], p[:, 4:8], p[:, 8:12]
    scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], axis=1)
    mins = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)
    return scales, mins


def _four_bits(form: Format, blocks: Bytes, e: NDArray[np.int64]) -> NDArray[np.int64]:
    group, r = e // 64, e % 64
    return (form.field(blocks, "qs").astype(np.int64)[:, 32 * group + r % 32] >> 4 * (r // 32)) & 15


def _scaled_k(form: Format, blocks: Bytes, code: NDArray[np.int64]) -> Decoded:
    e = np.arange(256)
    scales, mins = _six_bit_scales(form, blocks)
    d, dmin = halves(form.field(blocks, "d")), halves(form.field(blocks, "dmin"))
    return Decoded(d * scales[:, e // 32] * code, -dmin * mins[:, e // 32])


def _decode_q4_k(form: Format, blocks: Bytes) -> Decoded:
    return _scaled_k(form, blocks, _four_bits(form, blocks, np.arange(256)))


def _decode_q5_k(form: Format, blocks: Bytes) -> Decoded:
    e = np.arange(256)
    fifth = (form.field(blocks, "qh").astype(np.int64)[:, e % 32] >> e // 32) & 1
    return _scaled_k(form, blocks, _four_bits(form, blocks, e) | fifth << 4)


def _decode_q6_k(form: Format, blocks: Bytes) -> Decoded:
    e = np.arange(256)
    half, r = e // 128, e % 128
    low = (form.field(blocks, "ql").astype(np.int64)[:, 64 * half + r % 64] >> 4 * (r // 64)) & 15
    high = (form.field(blocks, "qh").astype(np.int64)[:, 32 * half + r % 32] >> 2 * (r // 32)) & 3
    scale = form.field(blocks, "scales").view(np.int8)[:, e // 16].astype(np.float64)
    code = (low | high << 4) - 32
    return Decoded(halves(form.field(blocks, "d")) * scale * code, np.zeros(code.shape))


_DECODERS: dict[str, Callable[[Format, Bytes], Decoded]] = {
    "q4_0": _symmetric(_decode_q4, 8),
    "q4_1": _affine(_decode_q4),
    "q5_0": _symmetric(_decode_q5, 16),
    "q5_1": _affine(_decode_q5),
    "q8_0": _decode_q8_0,
    "q8_1": _decode_q8_0,
    "q2_K": _decode_q2_k,
    "q3_K": _decode_q3_k,
    "q4_K": _decode_q4_k,
    "q5_K": _decode_q5_k,
    "q6_K": _decode_q6_k,
    "q8_K": _decode_q8_k,
}
NOT_IN_GGUF = frozenset({"q8_1", "q8_K"})


def decode(name: str, blocks: Bytes) -> Decoded:
    """Decode packed blocks of shape (blocks, bytes); rows of any other shape do not pass.

    Every type that `gguf.quants` knows is compared with it, bit for bit after rounding to float32: what this returns
    is gguf's answer without its last rounding. Raises ArithmeticError when the two differ.
    """
    form = block_format(name)
    decoded = _DECODERS[name](form, blocks)
    if name not in NOT_IN_GGUF and len(blocks):
        _agree_with_gguf(name, blocks, decoded)
    return decoded


def _agree_with_gguf(name: str, blocks: Bytes, decoded: Decoded) -> None:
    kind = gguf.GGMLQuantizationType[name.upper()]
    theirs = gguf.quants.dequantize(np.ascontiguousarray(blocks), kind)
    if not np.array_equal(decoded.value.astype(np.float32), theirs):
        raise ArithmeticError(f"decoding {name}: gguf.quants gives other values")
