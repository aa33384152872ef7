"""`kerntrack hazards`: what will go wrong in a port, as far as rules can find it; and saying why something may stay."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter

from rich.text import Text

from db.views import Finding
from tracker.actions.hazards import SEVERITIES, Hazards, acknowledge, affected, hazards
from tracker.cli.documents import SCHEMA
from tracker.cli.session import Session
from tracker.cli.tables import Listing, print_json, print_lines, print_listing
from tracker.errors import ExitCode, UsageError

STYLES = {"does not compile": "bold red", "fails at launch": "bold red", "silently wrong": "bold yellow", "slow": "dim"}
ACKNOWLEDGE = "ack"


def run(session: Session, words: Sequence[str], reason: str | None, format: str | None) -> ExitCode:
    """Print findings, or with the first word `ack` write a reason into kerntrack.toml."""
    if words[:1] == [ACKNOWLEDGE]:
        return _acknowledge(session, words[1:], reason)
    if reason is not None:
        raise UsageError("--reason belongs to `kerntrack hazards ack RULE SELECTOR`", "leave it out to list findings")
    project = session.project()
    found = hazards(project, words)
    session.counts["findings"] = len(found.findings)
    if format == "json":
        print_json(document(found, project.archs))
    elif format == "jsonl":
        print_lines(finding_document(each, project.archs) for each in found.findings)
    elif format:
        print_listing(session.stdout(), listing(found.findings), format)
    else:
        for line in screen(found):
            session.stdout().print(line, soft_wrap=True)
    return ExitCode.GOOD


def _acknowledge(session: Session, words: Sequence[str], reason: str | None) -> ExitCode:
    if not words or not (reason or "").strip():
        remedy = "kerntrack hazards ack sync-shuffle 'mul_mat_*' --reason 'a header maps the names'"
        raise UsageError("an acknowledgement needs a rule, kernels or a file, and --reason", remedy)
    project = session.project()
    entry, count = acknowledge(project, words[0], words[1:], reason or "")
    what = f"{count} finding{'s' * (count != 1)} of {entry.rule}"
    session.stderr().print(Text(f"wrote to {project.config}: {what}, while their code is {entry.code}"))
    return ExitCode.GOOD


def document(found: Hazards, archs: Sequence[str]) -> dict[str, object]:
    """The JSON form."""
    return {
        "schema": SCHEMA,
        "rules": found.rules,
        "files": found.files,
        "recorded": found.recorded,
        "totals": {**found.of_severity(), "acknowledged": found.acknowledged},
        "findings": [finding_document(each, archs) for each in found.findings],
    }


def finding_document(finding: Finding, archs: Sequence[str]) -> dict[str, object]:
    """One finding."""
    return {**asdict(finding), "affects": affected(finding, archs)}


def listing(found: Iterable[Finding]) -> Listing:
    """A row per finding."""
    headings = ("severity", "rule", "title", "side", "place", "function", "found", "kernels", "archs", "state")
    rows = tuple(
        (
            each.severity,
            each.rule,
            each.title,
            each.side,
            f"{each.file}:{each.line}",
            each.function,
            each.detail,
            " ".join(each.kernels),
            " ".join(each.archs),
            standing(each),
        )
        for each in by_severity(found)
    )
    return Listing(headings, rows, hidden=frozenset({"side", "title", "kernels"}))


def by_severity(found: Iterable[Finding]) -> list[Finding]:
    """The worst first, else in scanned order."""
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def standing(finding: Finding) -> str:
    """Whether kerntrack.toml says something about it."""
    if finding.acknowledged is not None:
        return f"acknowledged: {finding.acknowledged}"
    return "acknowledgement expired: the code changed" if finding.expired else ""


def screen(found: Hazards) -> Iterator[Text]:
    """For a terminal: by rule, the worst first, then what was looked at."""
    ordered = sorted(by_severity(found.findings), key=lambda each: (SEVERITIES.index(each.severity), each.rule))
    for rule, places in groupby(ordered, key=attrgetter("rule")):
        yield from _rule(rule, list(places))
    yield Text(found.summary(), "bold")
    if found.recorded:
        yield Text(f"as found when they were recorded: {', '.join(found.recorded)}", "dim")


def _rule(rule: str, places: Sequence[Finding]) -> Iterator[Text]:
    first = places[0]
    head = f"  {first.title}  [{', '.join(first.archs)}]"
    yield Text.assemble((first.severity, STYLES[first.severity]), "  ", (rule, "bold"), head)
    yield Text(f"      {first.why}", "dim")
    yield Text(f"      try: {first.remedy}", "dim")
    for each in places:
        yield place_line(each)
    yield Text()


def place_line(each: Finding) -> Text:
    """One place on one line."""
    kernels = each.kernels[0] if len(each.kernels) == 1 else f"{len(each.kernels)} kernels"
    where = f"in {each.function}, " if each.function else ""
    text = Text.assemble(f"      {each.file}:{each.line}  {each.detail}  ", (f"({where}{kernels})", "dim"))
    state = standing(each)
    return text.append(f"  {state}", "yellow" if each.expired else "green") if state else text
