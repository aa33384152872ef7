"""Runs a vector operation in a kernel of its own and says what every register must hold afterwards.

The kernel executes it three times: with all lanes, with some lanes switched off, and with its destination the same
register as its first source (a mask destination the same as the mask source). Registers: v[2:3] v[4:5] v[6:7] sources,
v[8:9] old destination, v[10:15] results; s[20:25] mask results, s[26:27] mask source.
"""

import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.opcodes.cases import Case, agrees, results_of
from tests.opcodes.inputs import values
from tests.opcodes.kernels import THREADS, TRUE16, WAVE, Kernel, load, pair, scalar_load, set_exec, store, wait
from tests.opcodes.numbers import decode, encode, width

MASK_SOURCE = 0x61D2B7A59C3A5F0E
MASK_OLD = 0x0123456789ABCDEF
SOME_LANES = 0x3C96A5E15A0FF3C6
_IMPLICIT = ("mask", "vcc", "lane", "imm")
"""Sources that take no input word."""
STRIDE = 48
"""Output bytes per lane: three destinations, then three masks, 8 bytes each."""


def kernel(tested: Case, arch: str, half: str, name: str) -> Kernel:
    """Text of the test kernel."""
    lines = [
        f"{scalar_load(arch, 4)} s[4:7], s[0:1], 0x0",
        wait(arch, scalar=True),
        "v_lshlrev_b32_e32 v1, 5, v0",
        f"{load(arch, 4)} v[2:5], v1, s[4:5]",
        f"{load(arch, 4)} v[6:9], v1, s[4:5] offset:16",
        wait(arch),
        *(f"v_mov_b32_e32 v{10 + i}, v{(8 if i < 4 else 2) + i % 2}" for i in range(6)),
        *_masks(),
        _text(tested, arch, half, 0),
        set_exec(arch, pair(arch, 28)),
        _text(tested, arch, half, 1),
        set_exec(arch, "-1"),
        *([_text(tested, arch, half, 2)] if aliases(tested) else []),
        *(f"v_mov_b32_e32 v{16 + i}, s{20 + i}" for i in range(6)),
        "v_mul_u32_u24_e32 v1, 48, v0",
        *(f"{store(arch, 4)} v1, v[{10 + 4 * i}:{13 + 4 * i}], s[6:7] offset:{16 * i}" for i in range(3)),
    ]
    return Kernel(name, tuple(lines))


def _masks() -> list[str]:
    words = [(20, MASK_OLD), (22, MASK_OLD), (24, MASK_SOURCE), (26, MASK_SOURCE), (28, SOME_LANES)]
    lines = []
    for register, mask in words:
        lines.append(f"s_mov_b32 s{register}, {mask & 0xFFFFFFFF:#x}")
        lines.append(f"s_mov_b32 s{register + 1}, {mask >> 32:#x}")
    return [*lines, "s_mov_b64 vcc, s[26:27]"]


def aliases(tested: Case) -> bool:
    """Can the first source be the destination too?"""
    first, result = tested.sources[0], tested.results[0]
    if result in ("mask", "open"):
        return False
    if any(kind.startswith("acc:") for kind in tested.sources) or first == "mask":
        return False
    return not result.startswith(("lo:", "hi:"))


def _text(tested: Case, arch: str, half: str, turn: int) -> str:
    operands = []
    for kind in tested.results:
        is_mask = kind in ("mask", "open")
        operands.append(pair(arch, 20 + 2 * turn) if is_mask else register(kind, 10 + 2 * turn, arch, half))
    words = 0
    for position, kind in enumerate(tested.sources):
        if kind.startswith("acc:") or kind in ("vcc", "lane"):
            continue
        if kind == "imm":
            operands.append(hex(tested.immediate))
        elif kind == "mask":
            operands.append(pair(arch, 24 if turn == 2 else 26))
        else:
            index = 14 if turn == 2 and position == 0 else 2 + 2 * words
            words += 1
            form = tested.forms[position] if tested.forms else "{}"
            operands.append(form.format(register(kind, index, arch, half)))
    return f"{tested.names[arch]} {', '.join(operands)} {tested.suffix}".rstrip()


def register(kind: str, index: int, arch: str, half: str) -> str:
    """Text of a vector operand."""
    element = kind.removeprefix("pk:")
    size = width(element) * (2 if element != kind else 1) if ":" not in element else 32
    if size == 64:
        return f"v[{index}:{index + 1}]"
    return f"v{index}.{half}" if size == 16 and arch in TRUE16 else f"v{index}"


def kinds_of(tested: Case) -> tuple[str, ...]:
    """Types of the four input words of a lane: up to three sources, then the old destination."""
    plain = [kind.removeprefix("acc:") for kind in tested.sources if kind not in _IMPLICIT]
    registers = [k for k in tested.sources if k not in _IMPLICIT and not k.startswith("acc:")]
    first = [*registers, *["u64"] * (3 - len(registers))]
    accumulator = plain[-1] if any(k.startswith("acc:") for k in tested.sources) else "u64"
    return (*first, accumulator)


def input_bytes(tested: Case) -> NDArray[np.uint8]:
    """Contents of the input buffer."""
    return np.array(values(kinds_of(tested)), dtype=np.uint64).reshape(-1).view(np.uint8)


def _source(kind: str, word: int, half: str) -> Any:
    if kind.startswith("pk:"):
        size = width(kind[3:])
        return tuple(decode(word >> size * i, kind[3:]) for i in range(2))
    return decode(word >> 16 if half == "h" and width(kind) == 16 else word, kind)


@cache
def _lane_results(tested: Case, half: str, wave: int) -> tuple[tuple[int, ...], ...]:
    """Bits of every result for every lane."""
    lanes = []
    for lane, words in enumerate(values(kinds_of(tested))):
        given, sources = iter(words), []
        for kind in tested.sources:
            if kind == "imm":
                continue
            if kind == "lane":
                sources.append(lane % wave)
            elif kind in ("mask", "vcc"):
                sources.append(MASK_SOURCE >> lane % wave & 1)
            else:
                word = words[3] if kind.startswith("acc:") else next(given)
                sources.append(_source(kind.removeprefix("acc:"), word, half))
        lanes.append(_results(tested, tuple(sources)))
    return tuple(lanes)


def _results(tested: Case, sources: tuple[Any, ...]) -> tuple[int, ...]:
    if not tested.results[0].startswith(("pk:", "lo:", "hi:")):
        return results_of(tested, sources)
    kind = tested.results[0][3:]
    if tested.results[0].startswith("pk:"):
        return tuple(encode(tested.meaning(*_selected(tested, sources, part)), kind) for part in range(2))
    return (encode(tested.meaning(*sources), kind),)


def _selected(tested: Case, sources: tuple[Any, ...], part: int) -> list[Any]:
    """The elements from which the low (0) or high (1) result is made, as the modifiers choose and negate them."""
    selects = _flags(tested.suffix, "op_sel_hi" if part else "op_sel", part)
    negates = _flags(tested.suffix, "neg_hi" if part else "neg_lo", 0)
    chosen = [source[select] for source, select in zip(sources, selects, strict=False)]
    return [-value if negate else value for value, negate in zip(chosen, negates, strict=False)]


def _flags(suffix: str, name: str, default: int) -> list[int]:
    found = re.search(rf"\b{name}:\[([01,]+)\]", suffix)
    return [int(flag) for flag in found[1].split(",")] if found else [default] * 3


Field = tuple[int, str, int]
"""A result inside a destination: lowest bit, type, bits."""


def _fields(tested: Case, results: tuple[int, ...], half: str, arch: str) -> list[Field]:
    """Where the destination's parts lie; a zeroed or open other half is a field of its own."""
    kind = tested.results[0]
    if kind.startswith("pk:"):
        return [(i * width(kind[3:]), kind[3:], bits) for i, bits in enumerate(results)]
    if kind.startswith(("lo:", "hi:")):
        return [(16 * (kind[0] == "h"), kind[3:], results[0])]
    if width(kind) != 16:
        return [(0, kind, results[0])]
    low = (16 * (half == "h" and arch in TRUE16), kind, results[0])
    return [low] if arch in tested.keeps + tested.open_high else [low, (16, "u16", 0)]


def mismatches(tested: Case, arch: str, half: str, output: NDArray[np.uint8]) -> list[str]:
    """Descriptions of lanes that hold something else than they must."""
    words = output.reshape(THREADS, STRIDE).view(np.uint64)
    if tested.results[0] in ("mask", "open"):
        return _mask_mismatches(tested, arch, half, words, 0)
    found = _mask_mismatches(tested, arch, half, words, 1) if "mask" in tested.results else []
    for lane, (inputs, results) in enumerate(
        zip(values(kinds_of(tested)), _lane_results(tested, half, WAVE[arch]), strict=True)
    ):
        if not results or _is_open(tested, inputs, results, half):
            continue
        for turn in range(3 if aliases(tested) else 2):
            old = inputs[0] if turn == 2 else inputs[3]
            active = turn != 1 or SOME_LANES >> lane % WAVE[arch] & 1
            fields = _fields(tested, results, half, arch) if active else []
            got = int(words[lane, turn])
            if not _holds(got, old, fields, tested, arch):
                shown = " ".join(f"{x:#018x}" for x in inputs)
                wanted = ", ".join(f"{bits:#x} at bit {low}" for low, _, bits in fields) or "the old value"
                found.append(f"turn {turn} lane {lane}: inputs {shown} gave {got:#018x}, must be {wanted}")
    return found


def _holds(got: int, old: int, fields: list[Field], tested: Case, arch: str) -> bool:
    ignored = 0
    for low, kind, bits in fields:
        mask = (1 << width(kind)) - 1
        if not agrees(tested, got >> low & mask, bits, kind):
            return False
        ignored |= mask << low
    if arch in tested.open_high:
        ignored |= 0xFFFF0000
    return not (got ^ old) & ~ignored & (1 << 64) - 1


def _is_open(tested: Case, inputs: tuple[int, ...], results: tuple[int, ...], half: str) -> bool:
    """Lanes with denormals in operations that may flush them."""
    if not tested.open_denormals:
        return False
    shift = 16 if half == "h" else 0
    sources = [(k.removeprefix("acc:"), w) for k, w in zip(tested.sources, inputs, strict=False)]
    return any(_denormal(w >> shift * (k == "f16"), k) for k, w in [*sources, (tested.results[0], results[0])])


def _denormal(bits: int, kind: str) -> bool:
    if kind[0] != "f":
        return False
    value = abs(decode(bits, kind))
    return 0 < value < {"f16": 2.0**-14, "f32": 2.0**-126, "f64": 2.0**-1022}[kind]


def _mask_mismatches(tested: Case, arch: str, half: str, words: NDArray[np.uint64], position: int) -> list[str]:
    """A mask's bits: the result for active lanes, 0 for others; wave32 leaves the second register alone."""
    wave, found = WAVE[arch], []
    results = _lane_results(tested, half, wave)
    for first in range(0, THREADS, wave):
        for turn in range(3 if aliases(tested) else 2):
            active = SOME_LANES if turn == 1 else (1 << 64) - 1
            bits = sum(results[first + i][position] << i for i in range(wave)) & active
            old = MASK_SOURCE if turn == 2 else MASK_OLD
            wanted = bits if wave == 64 else bits | old >> 32 << 32
            got = int(words[first, 3 + turn])
            if got != wanted and tested.results[position] == "mask":
                found.append(f"turn {turn} wave at {first}: mask {got:#018x}, must be {wanted:#018x}")
    return found


def halves(tested: Case, arch: str) -> tuple[str, ...]:
    """Register halves to test: gfx11 names them in the operand."""
    sixteen = any(width(k) == 16 for k in (*tested.results, *tested.sources) if k[1:].isdigit())
    return ("l", "h") if arch in TRUE16 and sixteen else ("l",)
