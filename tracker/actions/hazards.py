"""Hazards: what the rules found in the scanned sources, and saying of a finding why it may stay."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from sqlalchemy import Engine

from db import queries
from db.findings import code_of, covered
from db.views import Acknowledgement, Finding, KernelStatus
from tracker.actions.status import Matrix, load
from tracker.actions.store import open_store
from tracker.build.archs import get_arch
from tracker.config import TEXT, Project
from tracker.errors import UsageError
from tracker.files import replace
from tracker.scan.hazards.rules import rules
from tracker.selectors import Selection

SEVERITIES = ("does not compile", "fails at launch", "silently wrong", "slow")


@dataclass(frozen=True)
class Hazards:
    """What was found, and where was looked. No finding does not mean no hazard."""

    findings: tuple[Finding, ...]
    rules: int
    files: int
    recorded: tuple[str, ...]
    """Recorded inventories: their hazards are those that the rules of their time found."""

    def of_severity(self) -> dict[str, int]:
        """How many findings of each severity, acknowledged ones included."""
        return {each: sum(found.severity == each for found in self.findings) for each in SEVERITIES}

    @property
    def acknowledged(self) -> int:
        """How many of them kerntrack.toml gives a reason for that still holds."""
        return sum(found.acknowledged is not None for found in self.findings)

    def summary(self) -> str:
        """Counts by severity. Nothing found is said as just that."""
        looked = f"{self.rules} rules, {self.files} files"
        if not self.findings:
            return f"no hazard found by {looked}: not found does not mean not there"
        counts = ", ".join(f"{count} {severity}" for severity, count in self.of_severity().items() if count)
        acknowledged = f"; {self.acknowledged} acknowledged" if self.acknowledged else ""
        return f"{len(self.findings)} findings by {looked}: {counts}{acknowledged}"


def hazards(project: Project, selector: Sequence[str] = ()) -> Hazards:
    """All findings, or those that concern the selected kernels on the selected archs.

    Raises UsageError when nothing was scanned or the selector chooses nothing.
    """
    engine = open_store(project, read_only=True)
    if not selector:
        return looked(engine, queries.findings(engine))
    chosen = load(project).select(selector)
    found = queries.findings(engine, symbols_of(chosen.kernels))
    return looked(engine, [each for each in found if affected(each, chosen.archs)])


def looked(engine: Engine, found: Iterable[Finding]) -> Hazards:
    """Findings with where they were looked for."""
    sources = [source for source in queries.sources(engine) if source.side != "rust"]
    recorded = tuple(f"{source.path} of {source.origin}" for source in sources if source.origin)
    return Hazards(tuple(found), len(rules()), len(sources), recorded)


def symbols_of(kernels: Iterable[KernelStatus]) -> set[str]:
    """What kernels are called on either side."""
    return {symbol for kernel in kernels for symbol in (kernel.symbol, kernel.port_symbol) if symbol}


def affected(finding: Finding, archs: Iterable[str]) -> list[str]:
    """Those of `archs` that a finding is about."""
    return [arch for arch in archs if {"all", arch, f"wave{get_arch(arch).wave_size}"} & set(finding.archs)]


def acknowledge(project: Project, rule: str, selector: Sequence[str], reason: str) -> tuple[Acknowledgement, int]:
    """Write into kerntrack.toml why what a rule found may stay; gives the entry and how many findings it covers.

    `selector` chooses kernels, or names a scanned file. Raises UsageError for an unknown rule, a rule that found
    nothing there, sources that changed since the scan, and a project without a kerntrack.toml.
    """
    _check_rule(rule)
    if project.config is None:
        raise UsageError("there is no kerntrack.toml to keep it in", "write one with `kerntrack init`")
    matrix = load(project)
    if matrix.changed:
        raise UsageError(f"{matrix.changed[0]} has changed since it was scanned", "run `kerntrack scan` first")
    found = queries.findings(open_store(project, read_only=True))
    kernels, file = _target(selector, matrix, found)
    mine = covered(Acknowledgement(rule, kernels, file, "", reason), found)
    if not mine:
        raise UsageError(f"{rule} found nothing in {' '.join(selector)}", "`kerntrack hazards` lists what was found")
    entry = Acknowledgement(rule, kernels, file, code_of(mine), reason)
    write(project.config, entry)
    return entry, len(mine)


def _check_rule(rule: str) -> None:
    known = [each.id for each in rules()]
    if rule not in known:
        near = get_close_matches(rule, known, n=3, cutoff=0.4) or known
        raise UsageError(f"there is no rule '{rule}'", f"near: {', '.join(near)}")


def _target(selector: Sequence[str], matrix: Matrix, found: Collection[Finding]) -> tuple[tuple[str, ...], str]:
    """The kernels that an entry names, or the file."""
    if not selector:
        raise UsageError("which kernels or file?", "name a kernel, a selector or a scanned file")
    if len(selector) == 1 and any(fnmatchcase(each.file, selector[0]) for each in found):
        return (), selector[0]
    chosen: Selection = matrix.select(selector)
    if len(selector) == 1 and any(character in selector[0] for character in "*?["):
        return (selector[0],), ""
    return tuple(sorted(symbols_of(chosen.kernels))), ""


def write(config: Path, entry: Acknowledgement) -> None:
    """Put an entry into the file in place of one for the same; everything else in it stays, comments included."""
    import tomlkit
    from tomlkit.items import AoT, Table

    document = tomlkit.parse(config.read_text(encoding=TEXT))
    table: Table = tomlkit.table()
    table.trivia.indent = "\n"  # an empty line before it
    table.add("rule", entry.rule)
    if entry.kernels:
        table.add("kernel", entry.kernels[0] if len(entry.kernels) == 1 else list(entry.kernels))
    if entry.file:
        table.add("file", entry.file)
    table.add("code", entry.code)
    table.add("reason", entry.reason)
    entries = document.setdefault("acknowledge", tomlkit.aot())
    if not isinstance(entries, AoT):
        raise UsageError(f"{config}: 'acknowledge' is no list of tables", "write each as [[acknowledge]]")
    same = [place for place, each in enumerate(entries) if _target_of(each) == _target_of(table)]
    if same:
        entries[same[0]].update({"code": entry.code, "reason": entry.reason})
    else:
        entries.append(table)
    replace(config, tomlkit.dumps(document))


def _target_of(table: object) -> tuple[object, ...]:
    return tuple(table.get(key) for key in ("rule", "kernel", "file")) if isinstance(table, dict) else ()
