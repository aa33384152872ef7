"""From stored kernels to what the pairing compares, and back to rows."""

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import NamedTuple

from db import survey
from db.matrix import Select
from db.survey import PairRow
from db.views import KernelFacts
from tracker.scan.facts import Kernel, Parameter, Place
from tracker.scan.pairing import RenameRules, pair


def pair_up(select: Select, rename: Sequence[tuple[str, str]]) -> list[PairRow]:
    """Pair all stored kernels; the rows of `db.record.pairs`. Of kernels with one symbol the first counts."""
    cuda, hip = (_signatures(select, side) for side in ("cuda", "hip"))
    found = pair(cuda, hip, RenameRules(tuple(rename)))
    return [
        {
            "cuda_symbol": each.cuda.symbol if each.cuda else None,
            "hip_symbol": each.hip.symbol if each.hip else None,
            "differences": list(each.differences),
        }
        for each in found
    ]


class _Signature(NamedTuple):
    symbol: str
    parameters: tuple[Parameter, ...]


def _signatures(select: Select, side: str) -> list[_Signature]:
    found = survey.signatures(select, side).items()
    return [_Signature(symbol, tuple(starmap(Parameter, parameters))) for symbol, parameters in found]


def first_of_each(kernels: Iterable[KernelFacts]) -> list[KernelFacts]:
    """One kernel per symbol: the first, in scanned order."""
    found: dict[str, KernelFacts] = {}
    for kernel in kernels:
        found.setdefault(kernel.symbol, kernel)
    return list(found.values())


def as_scanned(facts: KernelFacts) -> Kernel:
    """A stored kernel as the scanner described it."""
    return Kernel(
        symbol=facts.symbol,
        name=facts.name,
        template_arguments=facts.template_arguments,
        parameters=tuple(Parameter(name, type) for name, type in facts.parameters),
        place=Place(facts.path, facts.line),
        macro=facts.macro,
        macro_place=Place(facts.macro_path, facts.macro_line or 0) if facts.macro_path else None,
        max_threads=facts.max_threads,
        min_blocks=facts.min_blocks,
        static_lds=facts.static_lds,
        fingerprint=facts.fingerprint,
        helpers=facts.helpers,
        structs=facts.structs,
        lines=facts.lines,
    )
