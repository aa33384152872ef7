"""CUDA kernel ↔ HIP kernel: by symbol, by rename rules, and by what a launch must pass."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

from tracker.errors import UsageError
from tracker.scan.facts import Parameter

PairState = Literal["missing", "drifted", "ported", "extra"]

_SAME_TYPE = (
    ("__nv_bfloat162", "__hip_bfloat162"),
    ("__nv_bfloat16", "__hip_bfloat16"),
    ("__nv_fp8_", "__hip_fp8_"),
    ("unsigned long long", "unsigned long"),
    ("long long", "long"),
)
"""(spelling, spelling of a type with the same layout on the 64-bit targets of both sides)."""


@dataclass(frozen=True)
class RenameRules:
    """(regular expression, replacement) pairs that turn a CUDA symbol into the HIP one; plain text works as well."""

    rules: tuple[tuple[str, str], ...] = (("_cuda", "_hip"),)

    def candidates(self, symbol: str) -> Iterator[str]:
        """Names that the HIP kernel may have: the symbol itself, each rule's, and all rules' together."""
        yield symbol
        together = symbol
        for pattern, replacement in self.rules:
            compiled = _compile(pattern)
            yield compiled.sub(replacement, symbol)
            together = compiled.sub(replacement, together)
        yield together


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"rename rule {pattern!r} is not a regular expression: {error}", "correct `rename` in kerntrack.toml"
        ) from error


class Signature(Protocol):
    """What of a kernel decides its pairing; `tracker.scan.facts.Kernel` has it."""

    @property
    def symbol(self) -> str:
        """What a loader asks for."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a launch must pass."""


@dataclass(frozen=True)
class Pair:
    """`differences` says, parameter by parameter, how the HIP kernel must not be launched like the CUDA one."""

    cuda: Signature | None
    hip: Signature | None
    state: PairState
    differences: tuple[str, ...] = ()


def pair(cuda: Sequence[Signature], hip: Sequence[Signature], rules: RenameRules) -> list[Pair]:
    """Every CUDA kernel with its HIP kernel, in CUDA's order, then the HIP kernels that no CUDA kernel asked for.

    An equal symbol counts before a renamed one, and a HIP kernel answers one CUDA kernel only.
    Raises UsageError for a rule that is no regular expression.
    """
    free = {kernel.symbol: kernel for kernel in reversed(hip)}
    found: dict[int, Signature] = {}
    for place, kernel in enumerate(cuda):
        if kernel.symbol in free:
            found[place] = free.pop(kernel.symbol)
    for place, kernel in enumerate(cuda):
        name = next((each for each in rules.candidates(kernel.symbol) if each in free), None)
        if place not in found and name is not None:
            found[place] = free.pop(name)
    pairs = [_pair(kernel, found.get(place)) for place, kernel in enumerate(cuda)]
    return pairs + [Pair(None, kernel, "extra") for kernel in hip if free.get(kernel.symbol) is kernel]


def _pair(cuda: Signature, hip: Signature | None) -> Pair:
    if hip is None:
        return Pair(cuda, None, "missing")
    differences = tuple(compare_parameters(cuda.parameters, hip.parameters))
    return Pair(cuda, hip, "drifted" if differences else "ported", differences)


def compare_parameters(cuda: Sequence[Parameter], hip: Sequence[Parameter]) -> Iterator[str]:
    """What differs for whoever launches: missing, extra, of another type, in another order. Names alone do not."""
    if _in_other_order(cuda, hip):
        yield f"parameters in another order: CUDA has {_names(cuda)}, HIP has {_names(hip)}"
        return
    if [_plain(each.type) for each in cuda] == [_plain(each.type) for each in hip]:
        return
    for left, right in _align(cuda, hip):
        if right is None and left is not None:
            yield f"parameter {left + 1} `{cuda[left].name}` ({cuda[left].type}) is missing"
        elif left is None and right is not None:
            yield f"parameter {right + 1} `{hip[right].name}` ({hip[right].type}) is extra"
        elif left is not None and right is not None and _plain(cuda[left].type) != _plain(hip[right].type):
            yield f"parameter {left + 1} `{cuda[left].name}` is {cuda[left].type} in CUDA, {hip[right].type} in HIP"


def _plain(type_: str) -> str:
    for spelling, same in _SAME_TYPE:
        type_ = type_.replace(spelling, same)
    return type_


def _names(parameters: Sequence[Parameter]) -> str:
    return "(" + ", ".join(each.name or each.type for each in parameters) + ")"


def _in_other_order(cuda: Sequence[Parameter], hip: Sequence[Parameter]) -> bool:
    """The same parameters by type and name, or at least by type, but not in the same order."""
    left, right = ([(_plain(each.type), each.name) for each in side] for side in (cuda, hip))
    types = [type_ for type_, _name in left], [type_ for type_, _name in right]
    if types[0] != types[1]:
        return sorted(types[0]) == sorted(types[1])
    return left != right and sorted(left) == sorted(right)


def _align(cuda: Sequence[Parameter], hip: Sequence[Parameter]) -> list[tuple[int | None, int | None]]:
    """Positions that belong together, at the least cost: both lists are short, so all alignments are weighed."""

    @cache
    def best(left: int, right: int) -> tuple[float, tuple[tuple[int | None, int | None], ...]]:
        ways = []
        if left < len(cuda):
            cost, rest = best(left + 1, right)
            ways.append((cost + 1.0, ((left, None), *rest)))
        if right < len(hip):
            cost, rest = best(left, right + 1)
            ways.append((cost + 1.0, ((None, right), *rest)))
        if left < len(cuda) and right < len(hip):
            cost, rest = best(left + 1, right + 1)
            ways.append((cost + _distance(cuda[left], hip[right]), ((left, right), *rest)))
        return min(ways, key=lambda way: way[0], default=(0.0, ()))

    return list(best(0, 0)[1])


def _distance(cuda: Parameter, hip: Parameter) -> float:
    same_type = _plain(cuda.type) == _plain(hip.type)
    same_name = cuda.name == hip.name
    return {(True, True): 0.0, (True, False): 0.2, (False, True): 0.6, (False, False): 1.5}[same_type, same_name]
