"""What callers ask for against what there is, on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

from tracker.scan.callers.facts import Dimensions, Request
from tracker.scan.facts import Kernel
from tracker.scan.pairing import RenameRules


@dataclass(frozen=True)
class Unanswered:
    """A request that one side cannot answer. `instead` is the kernel that rename rules would offer for it."""

    request: Request
    instead: str | None = None


@dataclass(frozen=True)
class Misfit:
    """A launch that contradicts what is known of the kernel."""

    request: Request
    kernel: str
    reason: str


@dataclass(frozen=True)
class CallerGap:
    """The three ways to miss each other, and launches that do not fit."""

    not_in_cuda: tuple[Unanswered, ...]
    not_in_hip: tuple[Unanswered, ...]
    never_asked: tuple[Kernel, ...]
    """HIP kernels that nobody asks for."""
    misfits: tuple[Misfit, ...]
    asked: tuple[str, ...]
    """Every name asked for, once."""


def compare_callers(
    requests: Sequence[Request],
    cuda: Sequence[Kernel],
    hip: Sequence[Kernel],
    rules: RenameRules,
    blocks: Mapping[str, frozenset[Dimensions]] | None = None,
) -> CallerGap:
    """Compare requests with both sides. `blocks` are the block sizes that a kernel's contract launches, by symbol."""
    offered = {candidate: kernel.symbol for kernel in cuda for candidate in rules.candidates(kernel.symbol)}
    there = {kernel.symbol for kernel in hip}
    renamed = {asked: name for asked, symbol in offered.items() for name in rules.candidates(symbol) if name in there}
    return CallerGap(
        not_in_cuda=tuple(Unanswered(each) for each in requests if not _matches(each, offered)),
        not_in_hip=tuple(Unanswered(each, renamed.get(each.name)) for each in requests if not _matches(each, there)),
        never_asked=tuple(each for each in hip if not any(fnmatchcase(each.symbol, ask.name) for ask in requests)),
        misfits=tuple(
            misfit for each in requests for kernel in hip for misfit in _misfits(each, kernel, (blocks or {}))
        ),
        asked=tuple(dict.fromkeys(each.name for each in requests)),
    )


def _matches(request: Request, symbols: Mapping[str, str] | set[str]) -> bool:
    return request.name in symbols or (not request.exact and any(fnmatchcase(each, request.name) for each in symbols))


def _misfits(request: Request, kernel: Kernel, blocks: Mapping[str, frozenset[Dimensions]]) -> Sequence[Misfit]:
    if kernel.symbol != request.name or request.block is None:
        return ()
    found = []
    sizes = [size for size in request.block if size is not None]
    threads = prod(sizes)
    if kernel.max_threads is not None and threads > kernel.max_threads:
        reason = f"a block of {threads} threads is launched, __launch_bounds__ allows {kernel.max_threads}"
        found.append(Misfit(request, kernel.symbol, reason))
    known = blocks.get(kernel.symbol)
    if known and len(sizes) == 3 and request.block not in known:
        expected = " or ".join(map(str, sorted(known, key=str)))
        found.append(
            Misfit(request, kernel.symbol, f"a block of {request.block} is launched, the contract has {expected}")
        )
    return found
