"""Case data: packed weight blocks and float activations of a named class, from a seeded generator.

A class hits one way of being special in every block or row. `mixed` walks through all of them, one per row, so that
one launch covers them all; within a row all blocks have scales of one magnitude, so that none hides behind another.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kernels.contracts.formats import Bytes, Format, block_format

Rng = np.random.Generator
Singles = NDArray[np.float32]

LARGEST_HALF = 65504.0
SMALLEST_HALF = 2.0**-14  # the smallest normal one

WEIGHTS = ("random", "negative", "every", "equal", "largest", "smallest", "denormal", "zero")
ACTIVATIONS = ("normal", "outlier", "positive", "constant", "faint", "silent", "loud")
"""`loud` ones sum up past what a half holds: q8_1's stored sums are infinite, the codes fine."""
CLASSES = (*WEIGHTS, *ACTIVATIONS, "mixed")


def weight_classes(data: str, rows: int) -> list[str]:
    """The weight class of each of `rows` rows (or single blocks) in a case of class `data`."""
    if data == "mixed":
        return [WEIGHTS[row % len(WEIGHTS)] for row in range(rows)]
    return [data if data in WEIGHTS else "random"] * rows


def activation_classes(data: str, rows: int) -> list[str]:
    """The activation class of each of `rows` activation rows in a case of class `data`."""
    if data == "mixed":
        return [ACTIVATIONS[row % len(ACTIVATIONS)] for row in range(rows)]
    return [data if data in ACTIVATIONS else "normal"] * rows


def weight_rows(kind: str, classes: list[str], blocks: int, rng: Rng) -> Bytes:
    """Rows of `blocks` packed blocks each, one class a row; shape (rows, blocks, bytes of a block)."""
    form = block_format(kind)
    return np.stack([_blocks(form, blocks, name, rng) for name in classes])


def hostile_tail(kind: str, elements: int) -> Bytes:
    """Bytes of `elements` elements in which every half and float is NaN, as memory behind the weights may be."""
    return np.full(block_format(kind).size(elements), 0xFF, np.uint8)


def row_numbers(rows: int, count: int, rng: Rng) -> NDArray[np.uint32]:
    """Row numbers out of order: every row once before any comes again."""
    turns = -(-count // rows)
    return np.concatenate([rng.permutation(rows) for _ in range(turns)])[:count].astype("<u4")


def _blocks(form: Format, count: int, name: str, rng: Rng) -> Bytes:
    blocks = rng.integers(0, 256, (count, form.bytes), np.uint8)
    for field in form.halves:
        form.field(blocks, field)[:] = _scales(count, name, field, rng).astype("<f2").view(np.uint8)
    for field in form.floats:
        form.field(blocks, field)[:] = _single_scales(count, name, rng).view(np.uint8)
    if name == "largest":
        _fill(form, blocks, form.scales, np.array([0xFF], np.uint8))
    if name == "equal":
        fill = rng.choice(np.array([0x00, 0xFF, 0x55, 0xAA], np.uint8), (count, 1))
        _fill(form, blocks, form.quants, fill)
    if name == "every":
        _every_quant(form, blocks, rng)
    return blocks


def _fill(form: Format, blocks: Bytes, fields: tuple[str, ...], value: Bytes) -> None:
    for field in fields:
        form.field(blocks, field)[:] = value


def _every_quant(form: Format, blocks: Bytes, rng: Rng) -> None:
    """Each run of 256 quant bytes holds every byte once: every code at every position of a byte."""
    for field in form.quants:
        view = form.field(blocks, field)
        runs = -(-view.size // 256)
        view[:] = np.concatenate([rng.permutation(256) for _ in range(runs)])[: view.size].reshape(view.shape)


def _signs(count: int, rng: Rng) -> NDArray[np.float64]:
    return rng.choice(np.array([-1.0, 1.0]), (count, 1))


def _scales(count: int, name: str, field: str, rng: Rng) -> NDArray[np.float64]:
    """float16 scales, shape (count, 1). An additive field (`m`) is as large as a middling code times d."""
    usual = rng.uniform(0.5, 1.5, (count, 1)) * (2.0**-4 if field == "m" else 2.0**-6)
    values: dict[str, Callable[[], NDArray[np.float64]]] = {
        "negative": lambda: -usual,
        "largest": lambda: LARGEST_HALF * _signs(count, rng),
        "smallest": lambda: SMALLEST_HALF * _signs(count, rng),
        "denormal": lambda: rng.integers(1, 1024, (count, 1)) * 2.0**-24 * _signs(count, rng),
        "zero": lambda: np.zeros((count, 1)),
    }
    return values.get(name, lambda: usual * _signs(count, rng))()


def _single_scales(count: int, name: str, rng: Rng) -> Singles:
    """float32 scales, shape (count, 1), whose product with a code stays finite."""
    usual = rng.uniform(0.5, 1.5, (count, 1)) * 2.0**-6
    values: dict[str, Callable[[], NDArray[np.float64]]] = {
        "negative": lambda: -usual,
        "largest": lambda: np.full((count, 1), np.finfo(np.float32).max / 128) * _signs(count, rng),
        "smallest": lambda: np.full((count, 1), 2.0**-126) * _signs(count, rng),
        "denormal": lambda: rng.integers(1, 2**23, (count, 1)) * 2.0**-149 * _signs(count, rng),
        "zero": lambda: np.zeros((count, 1)),
    }
    return values.get(name, lambda: usual * _signs(count, rng))().astype("<f4")


def activation_rows(classes: list[str], columns: int, rng: Rng) -> Singles:
    """Float activations, one class a row; shape (rows, columns)."""
    return np.stack([activations(name, columns, rng) for name in classes]).astype(np.float32)


def activations(name: str, columns: int, rng: Rng) -> NDArray[np.float64]:
    """One activation row of a class, not yet rounded to float32."""
    values: dict[str, Callable[[], NDArray[np.float64]]] = {
        "normal": lambda: rng.normal(size=columns),
        "outlier": lambda: rng.normal(size=columns) * np.where(rng.random(columns) < 0.02, 30, 1),
        "positive": lambda: rng.random(columns),
        "constant": lambda: np.full(columns, rng.uniform(-2, 2)),
        "faint": lambda: rng.normal(size=columns) * 2.0**-12,
        "silent": lambda: np.zeros(columns),
        "loud": lambda: np.full(columns, 3000.0) * rng.choice((-1, 1)),
    }
    return values[name]()
