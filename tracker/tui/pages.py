"""The texts of a kernel's page. Everything comes from the database."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual.content import Content

from db.views import NO_CELL, BuildAttempt, Caller, Evidence, Finding, KernelFacts, KernelStatus
from tracker.signs import STATES, cell_state, is_stale, port_state
from tracker.tui import describe
from tracker.tui.describe import indented, join, line, local_time, pair
from tracker.tui.sources import Page

RESOURCE_ROWS = (
    ("vgprs", "VGPRs"),
    ("agprs", "AGPRs"),
    ("sgprs", "SGPRs"),
    ("lds", "LDS bytes"),
    ("scratch", "scratch bytes"),
    ("vgpr_spills", "VGPR spills"),
    ("sgpr_spills", "SGPR spills"),
    ("wave_size", "wave size"),
    ("max_threads", "max threads"),
    ("occupancy", "waves per SIMD"),
)


SEVERITIES = {
    "does not compile": "bold $text-error",
    "fails at launch": "bold $text-error",
    "silently wrong": "$text-error",
    "slow": "$text-warning",
}
"""Styles of hazards."""


def parameter_rows(page: Page) -> list[tuple[str, str, bool]]:
    """Parameters of both sides by position: CUDA's, HIP's, whether the types differ."""
    cuda = page.cuda_facts.parameters if page.cuda_facts else ()
    hip = page.hip_facts.parameters if page.hip_facts else ()
    rows = []
    for at in range(max(len(cuda), len(hip))):
        left, right = (side[at] if at < len(side) else None for side in (cuda, hip))
        differs = bool(cuda and hip) and (left is None or right is None or left[1] != right[1])
        rows.append((_declaration(left), _declaration(right), differs))
    return rows


def differing(page: Page) -> frozenset[str]:
    """Names of the parameters whose types differ, both sides'."""
    return frozenset(text.split()[-1] for *texts, differs in parameter_rows(page) if differs for text in texts if text)


def _declaration(parameter: tuple[str, str] | None) -> str:
    return f"{parameter[1]} {parameter[0]}" if parameter else ""


def parameters(kernel: KernelStatus, page: Page) -> Content:
    """Both parameter lists, differences marked."""
    rows = parameter_rows(page)
    width = max((len(left) for left, _, _ in rows), default=0)
    sign = STATES[port_state(kernel)]
    found = [line((f"{sign.mark} {sign.word}: ", sign.style), sign.meaning)]
    found += [
        line((f"{facts.side.upper():<5}", "$foreground-muted"), describe.declared(facts))
        for facts in (page.cuda_facts, page.hip_facts)
        if facts and facts.name != facts.symbol
    ]
    for number, (left, right, differs) in enumerate(rows, start=1):
        style = "bold $text-warning" if differs else "$foreground"
        mark = "≠" if differs else "=" if page.cuda_facts and page.hip_facts else " "
        found.append(line((f"{number:>3}  {left:<{width}}  {mark}  {right}", style)))
    found += [line((f"     {difference}", "$text-warning")) for difference in kernel.differences]
    return join(found)


def resources(kernel: KernelStatus, page: Page, archs: Sequence[str]) -> Content:
    """Registers, memory and occupancy, one column per architecture; then what the scan knows."""
    cells = [kernel.archs.get(arch, NO_CELL) for arch in archs]
    found = [_row("", archs, "bold $foreground")]
    for name, title in RESOURCE_ROWS:
        values = [str(getattr(cell.resources, name)) if cell.resources else "–" for cell in cells]
        found.append(_row(title, values))
    found.append(_row("code hash", [cell.code_hash[:10] or "–" for cell in cells], "$foreground-muted"))
    found.append(_row("stale", ["yes" if is_stale(kernel, arch) else "no" for arch in archs], "$foreground-muted"))
    for facts in (page.cuda_facts, page.hip_facts):
        if facts:
            found += [line(""), *_facts(facts)]
    return join(found)


def _row(title: str, values: Sequence[str], style: str = "$foreground") -> Content:
    return line((f"{title:<16}", "$foreground-muted"), *((f"{value:>12}", style) for value in values))


def _facts(facts: KernelFacts) -> Iterable[Content]:
    yield line((f"{facts.side.upper()} as scanned", "bold $foreground"))
    yield pair("place", f"{facts.path}:{facts.line}")
    if facts.macro:
        yield pair("macro", f"{facts.macro} at {facts.macro_path}:{facts.macro_line}")
    if facts.template_arguments:
        yield pair("template", ", ".join(facts.template_arguments))
    bounds = f"{facts.max_threads} threads" + (f", {facts.min_blocks} blocks" if facts.min_blocks else "")
    yield pair("bounds", bounds if facts.max_threads else "no __launch_bounds__")
    yield pair("static LDS", f"{facts.static_lds} B")
    yield pair("structs", ", ".join(facts.structs) or "–")
    yield pair("helpers", ", ".join(facts.helpers) or "–")


def evidence(page: Page) -> Content:
    """Every check ever made, newest first."""
    if not page.evidence:
        return line(("no check has run: press v", "$foreground-muted"))
    found: list[Content] = []
    for check in page.evidence:
        where = "emulated on" if check.device_kind == "emulator" else "on a real"
        found.append(
            line(
                (f"#{check.id}  ", "$foreground-muted"),
                (f"{check.arch}  ", "bold $foreground"),
                f"{where} {check.device_name}",
            )
        )
        found += [*describe.evidence_lines(check), line("")]
    return join(found)


def cost(page: Page, archs: Sequence[str]) -> Content:
    """What the newest check on each architecture counted; a figure nobody counted is a dash."""
    newest = {
        arch: next((check for check in page.evidence if check.arch == arch and check.cost), None) for arch in archs
    }
    tables = {arch: flatten(check.cost) if check else {} for arch, check in newest.items()}
    names = list(dict.fromkeys(name for table in tables.values() for name in table))
    if not names:
        return line(("nothing was counted yet: a check on the emulator counts what it executes", "$foreground-muted"))
    width = max(len(name) for name in names) + 2
    head = line((" " * width, ""), *((f"{arch:>14}", "bold $foreground") for arch in archs))
    rows = [
        line(
            (f"{name:<{width}}", "$foreground-muted"),
            *((f"{tables[arch].get(name, '–'):>14}", "$foreground") for arch in archs),
        )
        for name in names
    ]
    notes = [
        indented(f"{arch}: {check.contract}, {check.device_kind} {check.device_name}", "$foreground-muted")
        for arch, check in newest.items()
        if check
    ]
    return join([head, *rows, line(""), *notes])


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested tables as one, names joined by dots; counts with thousands separated."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= flatten(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = f"{value:,}" if isinstance(value, int) else str(value)
    return found


def builds(page: Page) -> Content:
    """Every build of the port's file: outcome, exact commands, the compiler's output."""
    if not page.builds:
        return line(("never compiled: press c", "$foreground-muted"))
    found: list[Content] = []
    for build in page.builds:
        style = "$text-success" if build.outcome == "built" else "bold $text-error"
        how = "from the cache" if build.cached else f"{build.seconds:.1f} s"
        found.append(
            line(
                (f"{build.arch}  ", "bold $foreground"),
                (build.outcome, style),
                f"  {how}  {local_time(build.created)}  {build.toolchain}",
            )
        )
        found += [indented("$ " + command, "$foreground-muted") for command in build.commands]
        found += [indented(text, describe.compiler_style(text)) for text in build.output.splitlines()]
        found.append(line(""))
    return join(found)


def findings(kernel: KernelStatus, page: Page, archs: Sequence[str]) -> Content:
    """What stands in the way: differences, failing cells, porting hazards, the parser's messages about both files."""
    found = [line(("≠ ", "$text-warning"), difference) for difference in kernel.differences]
    for arch in archs:
        state = cell_state(kernel, arch)
        if state.endswith("failed") or is_stale(kernel, arch):
            found += [*describe.cell(kernel, arch), line("")]
    found += [part for each in page.findings for part in _hazard(each)]
    for message in page.diagnostics:
        style = "bold $text-error" if message.severity in ("error", "fatal") else "$text-warning"
        found.append(
            line(
                (f"{message.severity:<8}", style), f"{message.path}:{message.line}:{message.column}  {message.message}"
            )
        )
    if not found:
        found.append(line(("nothing stands in the way", "$foreground-muted")))
    if page.looked:
        found += [line(""), line((f"hazards: {page.looked}", "$foreground-muted"))]
    return join([*found, *(_caller(each) for each in page.callers)])


def _hazard(finding: Finding) -> Iterable[Content]:
    """One finding: how bad, what, on which architectures, where, why and what to do."""
    style = (
        "$foreground-disabled"
        if finding.acknowledged is not None
        else SEVERITIES.get(finding.severity, "$text-warning")
    )
    yield line((f"{finding.severity}: ", style), (finding.title, "$foreground"), f"  [{', '.join(finding.archs)}]")
    where = f"{finding.side.upper()} {finding.file}:{finding.line}" + (
        f" in {finding.function}" * bool(finding.function)
    )
    yield line((f"  {where}  ", "$foreground-muted"), (finding.detail, "$foreground"))
    if finding.acknowledged is not None:
        yield indented(f"may stay: {finding.acknowledged}", "$foreground-muted")
        return
    if finding.expired:
        yield indented("acknowledged once, but the code around it has changed since", "$text-warning")
    yield indented(f"{finding.why} Try: {finding.remedy}", "$foreground-muted")


def _caller(caller: Caller) -> Content:
    sizes = [f"{name} {_size(size)}" for name, size in (("grid", caller.grid), ("block", caller.block)) if size]
    return line(
        ("asked for by ", "$foreground-muted"),
        f"{caller.path}:{caller.line} {caller.function}",
        ("  " + ", ".join(sizes), "$foreground-muted"),
    )


def _size(size: Sequence[int | None]) -> str:
    return "×".join("?" if each is None else str(each) for each in size)


def history(page: Page) -> Content:
    """Builds and checks in one line of time, newest first."""
    moments = [(check.created, _checked(check)) for check in page.evidence] + [
        (build.created, _built(build)) for build in page.builds
    ]
    moments.sort(key=lambda moment: moment[0], reverse=True)
    if not moments:
        return line(("nothing has happened to it yet", "$foreground-muted"))
    return join(line((f"{local_time(created)}  ", "$foreground-muted"), *parts) for created, parts in moments)


def _checked(check: Evidence) -> list[tuple[str, str]]:
    style = describe.OUTCOME_STYLE.get(check.outcome, "$text-warning")
    how = "emulated" if check.device_kind == "emulator" else f"on {check.device_name}"
    held = "" if check.holds else "  (void now)"
    return [
        (f"check    {check.arch:<9}", "$foreground"),
        (f"{check.outcome:<9}", style),
        (f"{check.cases_run} cases, {how}{held}", "$foreground-muted"),
    ]


def _built(build: BuildAttempt) -> list[tuple[str, str]]:
    style = "$text-success" if build.outcome == "built" else "bold $text-error"
    return [
        (f"build    {build.arch:<9}", "$foreground"),
        (f"{build.outcome:<9}", style),
        (build.toolchain, "$foreground-muted"),
    ]
