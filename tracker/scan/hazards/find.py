"""All rules on one parsed unit: findings with the kernels that they concern."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from tracker.scan import clang
from tracker.scan.facts import Finding, Kernel
from tracker.scan.hazards.lanes import LANE_MATCHERS
from tracker.scan.hazards.matchers import NAME_MATCHERS, Matcher
from tracker.scan.hazards.rules import Rule, rules
from tracker.scan.hazards.source import Hit, Source
from tracker.scan.hazards.structure import STRUCTURE_MATCHERS

Reach = Mapping[str, frozenset[tuple[str, int]]]
"""Kernel symbol → file and offset of the name of every definition that the kernel reaches, its own included."""

MATCHERS: dict[str, Matcher] = {**NAME_MATCHERS, **STRUCTURE_MATCHERS, **LANE_MATCHERS}


def find_hazards(source: Source, kernels: Sequence[Kernel], reach: Reach) -> tuple[Finding, ...]:
    """What the rules find, in source order: in the unit's own file, and in headers as far as a kernel reaches it.

    A finding outside of all definitions concerns every kernel of the unit.
    """
    found: dict[tuple[str, str, int, str], tuple[Hit, set[str]]] = {}
    for rule in rules():
        for hit in MATCHERS[rule.match["kind"]](rule, source) if rule.match["kind"] in MATCHERS else ():
            _hit, concerned = found.setdefault((rule.id, hit.file, hit.line, hit.detail), (hit, set()))
            concerned |= {symbol for symbol, places in reach.items() if hit.owner is None or hit.owner in places}
    order = {file: number for number, file in enumerate(source.files)}
    hits = [
        _finding(rule, hit, concerned, source)
        for (rule, *_key), (hit, concerned) in found.items()
        if concerned or order.get(hit.file) == 0
    ]
    hits += [each for rule in rules() for kernel in kernels for each in _of_kernel(rule, kernel)]
    paths = {source.texts.path(file): number for file, number in order.items()}
    return tuple(sorted(hits, key=lambda each: (paths.get(each.place.path, len(paths)), each.place.line, each.rule)))


def _finding(rule: str, hit: Hit, concerned: set[str], source: Source) -> Finding:
    owner = source.around(hit)
    function = clang.spelling(owner.cursor) if owner else ""
    digest = hashlib.sha256(source.code(source.text(owner) if owner else hit.detail).encode()).hexdigest()
    place = source.texts.place(hit.file, hit.line)
    return Finding(rule, place, hit.detail, function, tuple(sorted(concerned)), digest)


def _of_kernel(rule: Rule, kernel: Kernel) -> Iterator[Finding]:
    """Rules about a kernel as a whole."""
    match = rule.match
    detail = ""
    if match["kind"] == "minimum_blocks" and kernel.min_blocks is not None:
        detail = f"__launch_bounds__({kernel.max_threads}, {kernel.min_blocks})"
    elif match["kind"] == "static_lds" and kernel.static_lds > match["limit"]:
        detail = f"{kernel.static_lds} bytes"
    if detail:
        yield Finding(rule.id, kernel.place, detail, kernel.name, (kernel.symbol,), kernel.fingerprint)
