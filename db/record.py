"""Writes. Each function is one transaction: after a crash it has either happened or not.

Arguments are plain mappings with the fields of the program's dataclasses (`dataclasses.asdict` makes them).
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Engine, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from db.append import now as now
from db.engine import writing
from db.models import (
    Build,
    BuiltKernel,
    Caller,
    Dependency,
    Diagnostic,
    Evidence,
    Finding,
    HazardRule,
    Kernel,
    Pair,
    Run,
    Snapshot,
    Source,
    Timing,
)
from db.schema import RESOURCES
from db.survey import SourceKey


def source(engine: Engine, facts: Mapping[str, Any], *, arguments: str = "", origin: str = "") -> None:
    """Replace what is known about one source by `facts` (fields of `tracker.scan.facts.FileFacts`)."""
    with writing(engine) as session:
        session.execute(
            delete(Source).where(Source.side == facts["side"], Source.path == facts["path"], Source.origin == origin)
        )
        row = Source(
            side=facts["side"],
            path=facts["path"],
            origin=origin,
            sha256=facts["sha256"],
            arguments=arguments,
            helpers=list(facts["helpers"]),
            structs=list(facts["structs"]),
        )
        session.add(row)
        session.flush()
        _add_all(
            session,
            Dependency,
            ({"path": path, "sha256": sha256} for path, sha256 in dict(facts["dependencies"]).items()),
            row.id,
        )
        _add_all(session, Diagnostic, map(_diagnostic, facts["diagnostics"]), row.id)
        _add_all(session, Kernel, map(_kernel, facts["kernels"]), row.id)
        _add_all(session, Finding, map(_placed, facts.get("findings", ())), row.id)


def callers(engine: Engine, path: str, sha256: str, arguments: str, requests: Iterable[Mapping[str, Any]]) -> None:
    """Replace what is known about one Rust file by `requests` (fields of `tracker.scan.callers.facts.Request`)."""
    with writing(engine) as session:
        session.execute(delete(Source).where(Source.side == "rust", Source.path == path))
        row = Source(side="rust", path=path, origin="", sha256=sha256, arguments=arguments, helpers=[], structs=[])
        session.add(row)
        session.flush()
        _add_all(session, Caller, map(_request, requests), row.id)


def hazard_rules(engine: Engine, rules: Sequence[Mapping[str, Any]]) -> None:
    """Put the rules (columns of `hazard_rules`) in place of those of the scan before."""
    columns = [column.name for column in HazardRule.__table__.columns]
    rows = [{name: _plain(rule[name]) for name in columns} for rule in rules]
    with writing(engine) as session:
        there = session.execute(select(*HazardRule.__table__.columns)).mappings()
        if sorted(map(dict, there), key=itemgetter("id")) != sorted(rows, key=itemgetter("id")):
            session.execute(delete(HazardRule))
            session.execute(insert(HazardRule), rows)


def sources(engine: Engine, keys: Sequence[SourceKey]) -> None:
    """Say which sources a scan covered, in its order. All others are forgotten."""
    order = (Source.side, Source.path, Source.origin)
    with writing(engine) as session:
        present: list[Any] = list(session.execute(select(Source.id, *order).order_by(Source.position)))
        if [(side, path, origin) for _, side, path, origin in present] == list(keys):
            return
        places = {key: place for place, key in enumerate(keys)}
        for id, *key in present:
            if tuple(key) in places:
                session.execute(update(Source).where(Source.id == id).values(position=places[tuple(key)]))
            else:
                session.execute(delete(Source).where(Source.id == id))


def pairs(engine: Engine, found: Sequence[Mapping[str, Any]]) -> None:
    """Put pairs (cuda_symbol, hip_symbol, differences) in place of those of the scan before."""
    rows = [(pair["cuda_symbol"], pair["hip_symbol"], list(pair["differences"])) for pair in found]
    with writing(engine) as session:
        there = session.execute(select(Pair.cuda_symbol, Pair.hip_symbol, Pair.differences).order_by(Pair.id))
        if list(map(tuple, there)) == rows:
            return
        session.execute(delete(Pair))
        if found:
            session.execute(insert(Pair), [dict(pair) for pair in found])


def build(
    engine: Engine,
    attempt: Mapping[str, Any],
    fingerprints: Mapping[str, str],
    objects: Mapping[str, Mapping[str, Any]],
) -> int:
    """Add a build attempt and return its id.

    `attempt` has the columns of `builds`. `fingerprints` maps every kernel symbol that the source held when it was
    built to its source fingerprint; `objects` maps those found in the code object to the fields of
    `tracker.build.records.KernelObject`.
    """
    with writing(engine) as session:
        row = Build(**{"created": now(), **attempt})
        session.add(row)
        session.flush()
        kernels = [
            {"build_id": row.id, "symbol": symbol, "arch": row.arch, "fingerprint": fingerprint}
            | _object(objects.get(symbol))
            for symbol, fingerprint in fingerprints.items()
        ]
        if kernels:
            _forget_superseded(session, kernels)
            session.execute(insert(BuiltKernel), kernels)
        return row.id


def _forget_superseded(session: Session, kernels: Sequence[Mapping[str, Any]]) -> None:
    """Of the builds of one kernel from one state of its source only the newest good and the newest failed one count."""
    b = BuiltKernel
    same = (b.symbol == bindparam("of"), b.arch == bindparam("on"), b.fingerprint == bindparam("at"))
    for good in (True, False):
        found = [k for k in kernels if (k["code_hash"] is not None) == good]
        if found:
            statement = delete(b).where(*same, b.code_hash.is_not(None) if good else b.code_hash.is_(None))
            values = [{"of": k["symbol"], "on": k["arch"], "at": k["fingerprint"]} for k in found]
            session.connection().execute(statement, values)


def evidence(engine: Engine, result: Mapping[str, Any], *, toolchain: str) -> int:
    """Append the outcome of a check (fields of `tracker.check.results.CheckResult`) and return its id."""
    with writing(engine) as session:
        row = Evidence(**{"created": now(), "toolchain": toolchain, **result})
        session.add(row)
        session.flush()
        return row.id


def timing(engine: Engine, measured: Mapping[str, Any]) -> None:
    """Append a measurement (fields of `db.views.Timing`, `created` defaults to now)."""
    with writing(engine) as session:
        session.add(Timing(**{"created": now(), **measured}))


def run(engine: Engine, **columns: Any) -> int:
    """Append an action to the history; `columns` are those of `runs`, `finished` defaults to now."""
    with writing(engine) as session:
        row = Run(**{"finished": now(), **columns})
        session.add(row)
        session.flush()
        return row.id


def snapshot(engine: Engine, run_id: int, states: Mapping[str, Mapping[str, str]]) -> None:
    """Keep the matrix as it is after a run, unless it is as after the run before."""
    with writing(engine) as session:
        before = session.execute(select(Snapshot.states).order_by(Snapshot.run_id.desc()).limit(1)).scalar()
        if before != states:
            session.add(Snapshot(run_id=run_id, states=dict(states)))


def _add_all(session: Session, model: type[Any], rows: Iterable[Mapping[str, Any]], source_id: int) -> None:
    values = [{"source_id": source_id, **row} for row in rows]
    if values:
        session.execute(insert(model), values)


def _diagnostic(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "severity": found["severity"],
        "path": found["place"]["path"],
        "line": found["place"]["line"],
        "column": found["column"],
        "message": found["message"],
    }


def _kernel(facts: Mapping[str, Any]) -> dict[str, Any]:
    same = ("symbol", "name", "macro", "max_threads", "min_blocks", "static_lds", "fingerprint", "lines")
    macro_place = facts["macro_place"] or {"path": None, "line": None}
    return {
        **{field: facts[field] for field in same},
        **{field: list(facts[field]) for field in ("template_arguments", "helpers", "structs")},
        "parameters": [[parameter["name"], parameter["type"]] for parameter in facts["parameters"]],
        "path": facts["place"]["path"],
        "line": facts["place"]["line"],
        "macro_path": macro_place["path"],
        "macro_line": macro_place["line"],
    }


def _placed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A row of something that stands at a place of a source."""
    rest = {name: _plain(value) for name, value in facts.items() if name != "place"}
    return {"path": facts["place"]["path"], "line": facts["place"]["line"], **rest}


def _request(facts: Mapping[str, Any]) -> dict[str, Any]:
    row = _placed(facts)
    spelled = row.pop("spelled")
    return {**row, "spelled_path": spelled["path"], "spelled_line": spelled["line"]}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _object(kernel: Mapping[str, Any] | None) -> dict[str, Any]:
    return {field: kernel[field] if kernel else None for field in ("code_hash", *RESOURCES)}
