"""Plain quantizers for the types that the package `gguf` only decodes: nearest codes, scales from the extremes."""

import gguf
import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def quantize(kind: str, values: Singles) -> Bytes:
    """Rows of floats as packed rows, shape (rows, bytes)."""
    if kind in OWN:
        blocks = OWN[kind](values.reshape(-1, 256).astype(np.float64))
        return blocks.reshape(len(values), -1)
    return gguf.quants.quantize(values, gguf.GGMLQuantizationType[kind.upper()])  # type: ignore[no-any-return]


def _half(values: NDArray[np.float64]) -> Bytes:
    return values.astype("<f2").view(np.uint8)


def _q6_k(x: NDArray[np.float64]) -> Bytes:
    """Codes -32..31 of 16 elements share an 8-bit scale; 16 scales share a half."""
    groups = x.reshape(-1, 16, 16)
    scales = np.abs(groups).max(axis=2) / 31
    d = (scales.max(axis=1, keepdims=True) / 127).astype(np.float16).astype(np.float64)
    whole = np.rint(scales / np.maximum(d, 1e-30)).clip(1, 127)
    code = (np.rint(groups / np.maximum(d * whole, 1e-30)[:, :, None]).clip(-32, 31) + 32).astype(np.uint8)
    code = code.reshape(-1, 2, 4, 32)  # half, quarter, element
    low = (code[:, :, :2] & 15) | (code[:, :, 2:] & 15) << 4
    high = sum(((code[:, :, quarter] >> 4) << 2 * quarter) for quarter in range(4))
    parts = (low.reshape(len(x), 128), np.asarray(high).reshape(len(x), 64), whole.astype(np.uint8), _half(d))
    return np.concatenate(parts, axis=1)


def _q4_k(x: NDArray[np.float64]) -> Bytes:
    """Codes 0..15 of 32 elements share a 6-bit scale and a 6-bit minimum; eight of each share a half."""
    groups = x.reshape(-1, 8, 32)
    lowest = np.minimum(groups.min(axis=2), 0)
    steps = (groups.max(axis=2) - lowest) / 15
    d, dmin = (
        (extreme.max(axis=1, keepdims=True) / 63).astype(np.float16).astype(np.float64) for extreme in (steps, -lowest)
    )
    scale, minimum = (
        np.rint(each / np.maximum(unit, 1e-30)).clip(0, 63).astype(np.uint8)
        for each, unit in ((steps, d), (-lowest, dmin))
    )
    raised = groups + (dmin * minimum)[:, :, None]
    code = np.rint(raised / np.maximum(d * scale, 1e-30)[:, :, None]).clip(0, 15).astype(np.uint8)
    pairs = code.reshape(-1, 4, 2, 32)
    first = np.concatenate([scale[:, :4] | scale[:, 4:] >> 4 << 6, minimum[:, :4] | minimum[:, 4:] >> 4 << 6], axis=1)
    second = (scale[:, 4:] & 15) | (minimum[:, 4:] & 15) << 4
    packed = (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(len(x), 128)
    return np.concatenate([_half(d), _half(dmin), first, second, packed], axis=1)


OWN = {"q4_K": _q4_k, "q6_K": _q6_k}
