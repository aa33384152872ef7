"""What a scan must know to see that nothing changed since the last one, as plain SQL like `db.matrix`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from db.matrix import IN_ORDER, PAIRS, Select
from db.views import Message

SourceKey = tuple[str, str, str]
"""(side, path, origin)."""
PairRow = dict[str, Any]
"""cuda_symbol, hip_symbol, differences."""

LAST = "select options from runs where verb = 'scan' order by id desc limit 1"
COUNTS = """
    select s.side, s.path, s.origin,
        (select count(*) from kernels k where k.source_id = s.id)
            + (select count(distinct c.name) from callers c where c.source_id = s.id),
        (select count(*) from diagnostics d where d.source_id = s.id and d.severity in ('error', 'fatal'))
    from sources s order by s.position"""
RULE = ("id", "title", "why", "archs", "severity", "remedy", "source")
RULES = f"select {', '.join(RULE)} from hazard_rules order by id"
SIGNATURES = f"""
    select k.symbol, k.parameters from kernels k join sources s on s.id = k.source_id where s.side = ? {IN_ORDER}"""
PLACES = f"""
    select s.side, k.symbol, k.path, k.line from kernels k join sources s on s.id = k.source_id
    where s.origin = '' {IN_ORDER}"""
DIAGNOSTICS = """
    select s.path, d.severity, d.path, d.line, d."column", d.message
    from diagnostics d join sources s on s.id = d.source_id order by s.path, d.id"""


class Count(NamedTuple):
    """What a scanned source holds."""

    kernels: int
    """Of a Rust file: kernels that it asks for."""
    errors: int


def last_options(select: Select) -> dict[str, Any]:
    """What the last scan was asked to read; nothing where there was none."""
    return next((json.loads(options) for (options,) in select(LAST, ())), {})


def counts(select: Select) -> dict[SourceKey, Count]:
    """Every scanned source, in the order of the scan."""
    return {(side, path, origin): Count(*numbers) for side, path, origin, *numbers in select(COUNTS, ())}


def same_rules(select: Select, rules: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the hazard rules are those of the last scan."""
    kept = [(*row[:3], json.loads(row[3]), *row[4:]) for row in select(RULES, ())]
    return kept == sorted((*(_plain(rule[name]) for name in RULE),) for rule in rules)


def signatures(select: Select, side: str) -> dict[str, list[tuple[str, str]]]:
    """(name, type) of every parameter by kernel; of kernels with one symbol the first counts."""
    found: dict[str, str] = {}
    for symbol, parameters in select(SIGNATURES, (side,)):
        found.setdefault(symbol, parameters)
    lists = json.loads(f"[{','.join(found.values())}]")  # one document: faster than many
    return {symbol: [tuple(each) for each in each_of] for symbol, each_of in zip(found, lists, strict=True)}


def repeated(select: Select) -> dict[tuple[str, str], list[str]]:
    """Places by side and symbol of the kernels that the sources define in more than one place."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for side, symbol, path, line in select(PLACES, ()):
        found.setdefault((side, symbol), {})[f"{path}:{line}"] = None
    return {key: list(places) for key, places in found.items() if len(places) > 1}


def pairs(select: Select) -> list[PairRow]:
    """What the last pairing found."""
    return [
        {"cuda_symbol": cuda, "hip_symbol": hip, "differences": json.loads(differences)}
        for cuda, hip, differences in select(PAIRS, ())
    ]


def diagnostics(select: Select) -> list[Message]:
    """What the parser had to say, by source and line."""
    return [Message(*row) for row in select(DIAGNOSTICS, ())]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
