"""`kerntrack show`: everything known about one kernel."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from rich.text import Text
from sqlalchemy import Engine

from db import queries
from db.views import ArchStatus, BuildAttempt, Caller, Evidence, KernelFacts, KernelStatus, Message, Timing
from tracker.actions.compare import words
from tracker.actions.hazards import Hazards, affected, looked, symbols_of
from tracker.actions.status import load
from tracker.actions.store import open_store
from tracker.cli.costs import cost_lines
from tracker.cli.documents import SCHEMA, kernel_document
from tracker.cli.hazards import STYLES as SEVERITY_STYLES
from tracker.cli.hazards import by_severity, place_line
from tracker.cli.session import Session
from tracker.cli.status import warn_of_changes
from tracker.cli.tables import print_json, style
from tracker.cli.verify import worst
from tracker.errors import ExitCode, UsageError
from tracker.signs import mark_of

LIMIT = 12
"""Checks and parser messages printed; the rest is counted."""


@dataclass(frozen=True)
class Page:
    """What the database holds about a kernel."""

    kernel: KernelStatus
    cuda: KernelFacts | None
    hip: KernelFacts | None
    evidence: Sequence[Evidence]
    builds: dict[str, BuildAttempt]
    timings: Sequence[Timing]
    messages: Sequence[Message]
    hazards: Hazards
    callers: Sequence[Caller]


def run(session: Session, selector: str, archs: Sequence[str] | None, json: bool) -> ExitCode:
    """Print one kernel. Raises UsageError when the selector does not choose exactly one."""
    project = session.project()
    matrix = load(project, archs)
    warn_of_changes(session, matrix)
    kernels = matrix.select([selector]).kernels
    if len(kernels) != 1:
        names = ", ".join(kernel.symbol for kernel in kernels[:4])
        raise UsageError(f"'{selector}' matches {len(kernels)} kernels, show takes one", f"for example one of {names}")
    page = _read(open_store(project, read_only=True), kernels[0], matrix.archs)
    if json:
        print_json(_document(page, matrix.archs))
    else:
        for line in _lines(page, matrix.archs):
            session.stdout().print(line, soft_wrap=True)
    return ExitCode.GOOD


def _read(engine: Engine, kernel: KernelStatus, archs: Sequence[str]) -> Page:
    cuda = queries.kernels(engine, "cuda", kernel.symbol) if kernel.baseline else []
    hip = queries.kernels(engine, "hip", kernel.port_symbol) if kernel.port_symbol else []
    newest = {arch: queries.builds(engine, hip[0].source, arch) for arch in archs} if hip else {}
    symbols = symbols_of([kernel])
    sources = {facts.source for facts in (*cuda[:1], *hip[:1])}
    return Page(
        kernel,
        cuda[0] if cuda else None,
        hip[0] if hip else None,
        queries.evidence(engine, kernel.port_symbol) if kernel.port_symbol else [],
        {arch: builds[0] for arch, builds in newest.items() if builds},
        queries.timings(engine, kernel.port_symbol or kernel.symbol),
        [each for each in queries.diagnostics(engine) if each.source in sources],
        looked(engine, queries.findings(engine, symbols)),
        [each for each in queries.callers(engine) if any(fnmatchcase(symbol, each.name) for symbol in symbols)],
    )


def _document(page: Page, archs: Sequence[str]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        **kernel_document(page.kernel, archs),
        "cuda": asdict(page.cuda) if page.cuda else None,
        "hip": asdict(page.hip) if page.hip else None,
        "evidence": [each._asdict() for each in page.evidence],
        "timings": [each._asdict() for each in page.timings],
        "builds": {arch: asdict(build) for arch, build in page.builds.items()},
        "diagnostics": [asdict(each) for each in page.messages],
        "findings": [{**asdict(each), "affects": affected(each, archs)} for each in page.hazards.findings],
        "callers": [asdict(each) for each in page.callers],
    }


def _lines(page: Page, archs: Sequence[str]) -> Iterator[Text]:
    kernel = page.kernel
    what = " ".join(filter(None, (kernel.family, kernel.type, f"batch {kernel.batch}" if kernel.batch else "")))
    yield Text.assemble((kernel.symbol, "bold"), f"  {what}" if what else "")
    yield from _side("CUDA", page.cuda)
    yield from _side("HIP", page.hip)
    yield Text.assemble("port  ", (f"{mark_of(kernel.port)} {kernel.port}", style(kernel.port)))
    for difference in kernel.differences:
        yield Text(f"      {difference}")
    for arch in archs:
        yield from _arch(arch, kernel.archs[arch], page.builds.get(arch))
        yield from _cost(page.evidence, arch)
    if page.evidence:
        yield Text("checks, newest first", "bold")
    for each in page.evidence[:LIMIT]:
        yield _check(each)
    yield from _rest(len(page.evidence), "checks")
    for timing in page.timings[:LIMIT]:
        yield _timing(timing, kernel)
    yield from _rest(len(page.timings), "timings")
    yield from _hazards(page)
    for caller in page.callers:
        yield _caller(caller)
    for message in page.messages[:LIMIT]:
        yield Text(f"{message.path}:{message.line}:{message.column}: {message.severity}: {message.message}")
    yield from _rest(len(page.messages), "parser messages")


def _hazards(page: Page) -> Iterator[Text]:
    yield Text(f"hazards: {page.hazards.summary()}", "bold" if page.hazards.findings else "dim")
    for each in by_severity(page.hazards.findings):
        head = f"  {each.rule}: {each.title}  [{', '.join(each.archs)}]"
        yield Text.assemble("  ", (each.severity, SEVERITY_STYLES[each.severity]), head)
        yield place_line(each)
        yield Text(f"      {each.why} Try: {each.remedy}", "dim")


def _caller(caller: Caller) -> Text:
    shapes = (("grid", caller.grid), ("block", caller.block))
    sizes = [f", {what} ({', '.join('?' if n is None else str(n) for n in size)})" for what, size in shapes if size]
    return Text(f"asked for in {caller.path}:{caller.line} by {caller.function}{''.join(sizes)}")


def _rest(count: int, what: str) -> Iterator[Text]:
    if count > LIMIT:
        yield Text(f"and {count - LIMIT} more {what}; --json prints all", "dim")


def _side(name: str, facts: KernelFacts | None) -> Iterator[Text]:
    if facts is None:
        yield Text(f"{name:<5} none")
        return
    macro = f", macro {facts.macro} at {facts.macro_path}:{facts.macro_line}" if facts.macro else ""
    origin = f" of {facts.origin}" if facts.origin else ""
    yield Text(f"{name:<5} {facts.path}:{facts.line}{origin}{macro}")
    yield Text(f"      {facts.name}({', '.join(f'{type} {name}'.strip() for name, type in facts.parameters)})")
    bounds = f", launch bounds {facts.max_threads}" if facts.max_threads else ""
    yield Text(f"      {facts.static_lds} bytes of static LDS{bounds}", "dim")


def _arch(arch: str, cell: ArchStatus, build: BuildAttempt | None) -> Iterator[Text]:
    state = words(cell)
    yield Text.assemble((f"{arch}  ", "bold"), (f"{mark_of(state)} {state}", style(state)))
    if cell.resources:
        r = cell.resources
        spills = f", {r.vgpr_spills + r.sgpr_spills} spills" if r.vgpr_spills or r.sgpr_spills else ""
        yield Text(
            f"      {r.vgprs} VGPRs, {r.sgprs} SGPRs, {r.lds} bytes LDS, {r.scratch} bytes scratch{spills}, "
            f"wave {r.wave_size}, {r.occupancy} waves per SIMD"
        )
    if cell.code_hash and build:
        yield Text(f"      code {cell.code_hash[:12]}, {build.toolchain}, built {build.created}", "dim")
    if cell.state == "build failed":
        yield Text(cell.build_output.rstrip())


def _cost(evidence: Sequence[Evidence], arch: str) -> Iterator[Text]:
    """What the newest emulated check that still holds cost."""
    emulated = (each for each in evidence if each.arch == arch and each.device_kind == "emulator" and each.holds)
    newest = next((each for each in emulated if "instructions" in each.cost), None)
    if newest:
        yield from cost_lines(newest.cost)


def _timing(each: Timing, kernel: KernelStatus) -> Text:
    what = f"{each.median_us:.1f} µs, {each.bytes / each.median_us / 1000:.1f} GB/s" if each.median_us else "0 µs"
    present = kernel.archs[each.arch].code_hash if each.arch in kernel.archs else each.code_hash
    note = "the CUDA original" if each.side == "cuda" else "" if each.code_hash == present else "of other code"
    place = f"on {each.device_name}, {each.device_target}"
    return Text("  ".join(filter(None, (f"  {each.created}", f"{each.workload}: {what}", place, note))))


def _check(each: Evidence) -> Text:
    holds = "holds" if each.holds else "void: code, contract or emulator changed"
    if each.side == "cuda":
        holds = "the CUDA original"
    parts = (each.created, each.arch, each.device_kind, each.outcome, f"{each.cases_run} cases", worst(each.worst))
    words = "  ".join(filter(None, parts))
    if each.device_kind != "emulator":
        words += f"  on {each.device_name}, {each.device_target}, {each.runtime}"
    return Text(f"  {words}  {each.effort}, seed {each.seed}, {each.contract}  ({holds})", "" if each.holds else "dim")
