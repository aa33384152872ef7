"""Porting hazards as they stand: what the last scans found, with the acknowledgements that hold for it."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Engine, select

from db import models as m
from db.views import Acknowledgement, Finding


def findings(engine: Engine, symbol: str | Collection[str] | None = None) -> list[Finding]:
    """Every finding in scanned order, or those that concern the kernel `symbol` or one of several.

    Acknowledgements are the engine's, see `tracker.actions.store.open_store`. A finding counts as acknowledged when
    they cover every kernel that it concerns (with `symbol`: every one of those).
    """
    symbols = {symbol} if isinstance(symbol, str) else symbol
    known: Sequence[Acknowledgement] = engine.get_execution_options().get("acknowledgements", ())
    found = _merged(_rows(engine))
    holding = [(each, each.code == code_of(covered(each, found))) for each in known]
    if symbols is None:
        return [_judged(each, each.kernels, holding) for each in found]
    asked = [(each, [kernel for kernel in each.kernels if kernel in symbols]) for each in found]
    return [_judged(each, kernels, holding) for each, kernels in asked if kernels]


def covered(acknowledgement: Acknowledgement, found: Iterable[Finding]) -> list[Finding]:
    """The findings that an acknowledgement speaks of, whether it still holds or not."""
    return [each for each in found if _speaks_of(acknowledgement, each, each.kernels)]


def code_of(found: Iterable[Finding]) -> str:
    """Hash of the code around findings together, "" for none. A change to that code or one place more alters it."""
    digests = sorted({each.digest for each in found})
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:16] if digests else ""


def _rows(engine: Engine) -> Sequence[Any]:
    f, r, s = m.Finding, m.HazardRule, m.Source
    statement = (
        select(f, s.side, r.severity, r.title, r.archs, r.why, r.remedy, r.source)
        .join(s, s.id == f.source_id)
        .join(r, r.id == f.rule)
        .order_by(s.position, f.id)
    )
    with engine.connect() as connection:
        return connection.execute(statement).all()


def _merged(rows: Iterable[Any]) -> list[Finding]:
    """One finding for each place: several sources may include the same header."""
    found: dict[tuple[Any, ...], Finding] = {}
    for row in rows:
        columns = {name: getattr(row, name) for name in row._fields if name not in ("id", "source_id", "path")}
        columns |= {name: tuple(columns[name]) for name in ("kernels", "archs")}
        finding = Finding(file=row.path, **columns)
        key = (row.side, row.rule, row.path, row.line, row.detail)
        before = found.setdefault(key, finding)
        if before is not finding:
            found[key] = replace(before, kernels=tuple(dict.fromkeys((*before.kernels, *finding.kernels))))
    return list(found.values())


def _judged(finding: Finding, symbols: Sequence[str], known: Iterable[tuple[Acknowledgement, bool]]) -> Finding:
    mine = [(each, holds) for each, holds in known if _speaks_of(each, finding, symbols)]
    holding = [each for each, holds in mine if holds]
    whole = all(any(_speaks_of(each, finding, (symbol,)) for each in holding) for symbol in symbols)
    if holding and whole:
        return replace(finding, acknowledged="; ".join(dict.fromkeys(each.reason for each in holding)))
    return replace(finding, expired=len(holding) < len(mine))


def _speaks_of(acknowledgement: Acknowledgement, finding: Finding, symbols: Iterable[str]) -> bool:
    """Whether it covers the finding for one of these kernels."""
    if acknowledgement.rule != finding.rule or not fnmatchcase(finding.file, acknowledgement.file or "*"):
        return False
    patterns = acknowledgement.kernels
    return not patterns or any(fnmatchcase(symbol, pattern) for symbol in symbols for pattern in patterns)
