"""What a tested operation is: spellings, operand types, meaning on the values of one lane."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.opcodes.numbers import decode, encode, is_nan

ARCHS = ("gfx90a", "gfx1030", "gfx1100")
OTHER_ARCHS = ("gfx942", "gfx1201")
"""Targets that are tested where they have operations of their own."""
ALL_ARCHS = ARCHS + OTHER_ARCHS
Bits = int


@dataclass(frozen=True, eq=False)
class Case:
    """One operation.

    `names`: its spelling per arch. `results` and `sources`: operand types in the order of the text; `acc:TYPE` is the
    destination's old value and `vcc` an implicit mask, neither of which the text has; `mask` is a lane mask, `open`
    one whose content is not documented well enough to be compared. `meaning` maps source values to the result or a
    tuple of results, None where no result is documented. `suffix` follows the operands. `keeps` lists the archs that
    keep the other half of a destination register when a 16-bit result is written; the others zero it. `tolerance` is
    in ulps, with 0 meaning all bits; NaNs are equal to each other.
    """

    names: dict[str, str]
    results: tuple[str, ...]
    sources: tuple[str, ...]
    meaning: Callable[..., Any]
    suffix: str = ""
    forms: tuple[str, ...] = ()
    """How each source is written around its register: `-{}`, `|{}|`; empty for plain."""
    keeps: tuple[str, ...] = ("gfx1030", "gfx1100", "gfx1201")
    open_high: tuple[str, ...] = ()
    """Archs where neither keeping nor zeroing the other half is documented: it is not compared."""
    tolerance: int = 0
    open_denormals: bool = False
    """Denormal sources and results may be flushed: lanes that have them are not compared."""
    immediate: int = 0
    """The constant of an `imm` source, which the meaning knows."""
    absolute: float = 0.0
    """Largest difference of a float result; replaces the tolerance."""

    @property
    def name(self) -> str:
        """A name for test reports."""
        constant = [hex(self.immediate)] if self.immediate else []
        return " ".join([next(iter(self.names.values())), *self.forms, self.suffix, *constant]).rstrip()


def spelled(text: str) -> dict[str, str]:
    """`gfx9|gfx10|gfx11` spellings, or one for all three, `-` where an arch has no such operation; `arch=name` adds one
    for another arch.
    """
    names = [name for name in text.split("|") if "=" not in name]
    names = names * len(ARCHS) if len(names) == 1 else names
    table = {arch: name for arch, name in zip(ARCHS, names, strict=True) if name != "-"} if names else {}
    return table | dict(name.split("=") for name in text.split("|") if "=" in name)


def case(names: str, signature: str, meaning: Callable[..., Any], **options: Any) -> Case:
    """`signature` reads `results = sources`, types separated by blanks."""
    results, _, sources = signature.partition("=")
    return Case(spelled(names), tuple(results.split()), tuple(sources.split()), meaning, **options)


def results_of(tested: Case, values: tuple[Any, ...], kinds: Iterable[str] = ()) -> tuple[Bits, ...]:
    """Bits of the results (of `kinds`, else of the case's) for source values, none where they are open."""
    produced = tested.meaning(*values)
    if produced is None:
        return ()
    produced = produced if isinstance(produced, tuple) else (produced,)
    widths = ["u1" if kind in ("mask", "open", "scc") else kind for kind in kinds or tested.results]
    return tuple(encode(value, kind) for value, kind in zip(produced, widths, strict=True))


def agrees(tested: Case, got: Bits, expected: Bits, kind: str) -> bool:
    """Equal bits, both NaN, or within the tolerances (floats of the same sign: bits count ulps)."""
    if got == expected or (is_nan(got, kind) and is_nan(expected, kind)):
        return True
    if is_nan(got, kind) or is_nan(expected, kind):
        return False
    if tested.absolute:
        return abs(decode(got, kind) - decode(expected, kind)) <= tested.absolute
    return abs(got - expected) <= tested.tolerance
