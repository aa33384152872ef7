"""Callers: what Rust code asks for, against what both sides have."""

from sqlalchemy import Engine

from db import queries
from db.views import Caller
from kernels.contracts.geometry import block
from kernels.names import identify
from tracker.actions.pairs import as_scanned, first_of_each
from tracker.config import Project
from tracker.scan.callers.compare import CallerGap, compare_callers
from tracker.scan.callers.facts import Dimensions, Request
from tracker.scan.facts import Place
from tracker.scan.pairing import RenameRules


def caller_gap(project: Project, engine: Engine) -> CallerGap | None:
    """The three ways to miss each other and launches that do not fit; None when no Rust source was scanned."""
    if not queries.sources(engine, "rust"):
        return None
    cuda, hip = (
        [as_scanned(each) for each in first_of_each(queries.kernels(engine, side))] for side in ("cuda", "hip")
    )
    requests = [_request(each) for each in queries.callers(engine)]
    blocks = {name: sizes for name in {each.name for each in requests} if (sizes := _contract_blocks(name))}
    return compare_callers(requests, cuda, hip, RenameRules(project.rename), blocks)


def _contract_blocks(symbol: str) -> frozenset[Dimensions]:
    name = identify(symbol)
    size = block(name) if name else None
    return frozenset({size} if size else ())


def _request(caller: Caller) -> Request:
    return Request(
        name=caller.name,
        exact=caller.exact,
        place=Place(caller.path, caller.line),
        spelled=Place(caller.spelled_path, caller.spelled_line),
        function=caller.function,
        grid=_dimensions(caller.grid),
        block=_dimensions(caller.block),
    )


def _dimensions(sizes: tuple[int | None, ...] | None) -> Dimensions | None:
    if sizes is None:
        return None
    x, y, z = sizes
    return x, y, z
