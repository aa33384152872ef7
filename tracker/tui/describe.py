"""Evidence, resources and states in words, as Textual content. Only what the database holds."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from textual.content import Content

from db.views import NO_CELL, Evidence, KernelFacts, KernelStatus, Location, Resources
from tracker.signs import STALE, STATES, cell_state, port_state, summary
from tracker.tui.model import GroupRow

Line = Content


def compiler_style(text: str) -> str:
    """The colour of a line of a compiler's output: by its severity."""
    if "error:" in text:
        return "bold $text-error"
    if "warning:" in text:
        return "$text-warning"
    return "$text-primary" if "note:" in text else "$foreground"


OUTCOME_STYLE = {"passed": "$text-success", "failed": "bold $text-error", "error": "bold $text-error"}
METRICS = ("abs", "rel", "ulp", "nmse", "bad")


def styled(text: str, style: str = "$foreground") -> Content:
    """Content in one style."""
    return Content.styled(text, style)


def line(*parts: str | tuple[str, str]) -> Line:
    """One line from texts and (text, style) pairs."""
    return Content.assemble(*(part if isinstance(part, tuple) else (part, "$foreground") for part in parts))


def join(lines: Iterable[Line]) -> Content:
    """Lines below each other."""
    return Content("\n").join(lines)


def kernel_heading(kernel: KernelStatus) -> list[Line]:
    """Symbol, family, how the port stands and why."""
    sign = STATES[port_state(kernel)]
    batch = f" · batch {kernel.batch}" if kernel.batch else ""
    about = f"{kernel.family or 'no known family'} · {kernel.type or 'no type'}{batch} · "
    return [
        line((kernel.title, "bold $text-primary")),
        *([line((kernel.symbol, "$foreground-muted"))] if kernel.title != kernel.symbol else []),
        line((about, "$foreground-muted"), (f"{sign.mark} {sign.word}", sign.style)),
        *(line((f"  ≠ {difference}", "$text-warning")) for difference in kernel.differences),
    ]


def declared(facts: KernelFacts) -> str:
    """A kernel as its source declares it: what a demangler would make of its symbol."""
    return f"{facts.name}({', '.join(type for _, type in facts.parameters)})"


def places(kernel: KernelStatus) -> list[Line]:
    """Where both sides stand."""
    found = [
        line(("CUDA  ", "$foreground-muted"), place(kernel.baseline)),
        line(("HIP   ", "$foreground-muted"), place(kernel.port_location)),
    ]
    if kernel.port_symbol and kernel.port_symbol != kernel.symbol:
        found.append(line(("      as ", "$foreground-muted"), kernel.port_symbol))
    return found


def place(where: Location | None) -> str:
    """Path, line, and where a macro made the kernel, the line of its text."""
    if where is None:
        return "–"
    return f"{where.path}:{where.line}" + (f" (macro text at {where.macro_line})" if where.macro_line else "")


def cell(kernel: KernelStatus, arch: str) -> list[Line]:
    """The state of one cell with its newest evidence, resources or compiler output."""
    status = kernel.archs.get(arch, NO_CELL)
    sign = STATES[cell_state(kernel, arch)]
    found = [line((f"{arch}  ", "bold $foreground"), (f"{sign.mark} {cell_state(kernel, arch)}", sign.style))]
    if status.state != "none" and not status.fresh:
        found.append(line((f"  {STALE.mark} stale: {STALE.meaning}", STALE.style)))
    if status.state == "build failed":
        found += [indented(text, compiler_style(text)) for text in status.build_output.strip().splitlines()[:12]]
    if status.evidence:
        found += evidence_lines(status.evidence)
    elif status.state == "compiled":
        found.append(indented("no check has run", "$foreground-muted"))
    if status.resources:
        found.append(pair("resources", resources_text(status.resources)))
    return found


def evidence_lines(evidence: Evidence) -> list[Line]:
    """One check: outcome, figures against bounds, and what made it."""
    style = OUTCOME_STYLE.get(evidence.outcome, "$text-warning")
    where = "on the emulator" if evidence.device_kind == "emulator" else f"on {evidence.device_name}"
    return [
        line("  ", (evidence.outcome, style), f" · {evidence.cases_run} cases {where}"),
        *(indented(text, style) for text in evidence.message.splitlines() if evidence.outcome != "passed"),
        *worst_lines(evidence.worst),
        *failing_lines(evidence.failing),
        pair("device", f"{evidence.device_kind} {evidence.device_name} ({evidence.device_target})"),
        *([pair("runtime", evidence.runtime)] if evidence.runtime else []),
        *([pair("host", evidence.host)] if evidence.host else []),
        pair("compiler", evidence.toolchain),
        pair("contract", f"{evidence.contract} · {evidence.effort} · seed {evidence.seed}"),
        pair(
            "code",
            evidence.code_hash[:16] + (" · holds" if evidence.holds else " · void: code or contract changed since"),
        ),
        pair("when", f"{local_time(evidence.created)} · took {evidence.seconds:.2f} s"),
    ]


def worst_lines(worst: dict[str, float]) -> list[Line]:
    """The worst figures over all cases, the one that decides beside its bound."""
    found, others = [], dict(worst)
    if "cw" in worst and "bound" in worst:
        error, bound = others.pop("cw"), others.pop("bound")
        good = error <= bound
        text = f"{error:.3g} {'≤' if good else '>'} {bound:.3g} allowed"
        found.append(pair("error", text, "$foreground" if good else "bold $text-error"))
    names = [name for name in METRICS if name in others] + sorted(set(others) - set(METRICS))
    if names:
        found.append(pair("worst", " · ".join(f"{name} {others[name]:.3g}" for name in names)))
    return found


def failing_lines(failing: dict[str, Any] | None) -> list[Line]:
    """The failing case: its name, its fault, expected and got around the first bad element."""
    if not failing:
        return []
    found = [line(("  failing case  ", "$foreground-muted"), (str(failing.get("name", "")), "bold $foreground"))]
    if failing.get("fault"):
        found.append(indented(str(failing["fault"]), "bold $text-error"))
    mismatch = failing.get("mismatch")
    return found + (mismatch_lines(mismatch) if mismatch else [])


def mismatch_lines(mismatch: dict[str, Any]) -> list[Line]:
    """First bad element, then the window around it."""
    first = f"{mismatch['buffer']}[{mismatch['index']}]"
    share = f"{mismatch['bad']} of {mismatch['total']} elements are wrong"
    found = [
        line(
            "  ",
            (first, "bold $text-error"),
            f" expected {mismatch['expected']} got ",
            (str(mismatch["got"]), "bold $text-error"),
        ),
        indented(share, "$text-error"),
    ]
    for index, expected, got in mismatch.get("window", ()):
        style = "bold $text-error" if index == mismatch["index"] else "$foreground"
        mark = "≠" if expected != got else " "
        found.append(line((f"  {index:>8}  {expected:>14}  {mark} {got:>14}", style)))
    return found


def resources_text(found: Resources) -> str:
    """Registers, memory and occupancy of one kernel on one architecture."""
    spills = found.vgpr_spills + found.sgpr_spills
    parts = [
        f"VGPR {found.vgprs}",
        f"AGPR {found.agprs}" if found.agprs else "",
        f"SGPR {found.sgprs}",
        f"LDS {found.lds} B",
    ]
    parts += [
        f"scratch {found.scratch} B",
        f"spills {spills}" if spills else "",
        f"wave{found.wave_size}",
        f"occupancy {found.occupancy}",
    ]
    return " · ".join(part for part in parts if part)


def group(row: GroupRow, archs: Sequence[str]) -> Content:
    """Counts of a heading's kernels: emulated and verified never in one number."""
    done, asked = row.ported
    size = count(len(row.members), "kernel")
    found = [line((row.title, "bold $text-primary")), line(f"{size} · {done} of {asked} ported")]
    for arch in archs:
        counts = summary(row.tally(arch))
        words = [
            (f"{sign.mark} {count} {'failed' if sign.mark == '✗' else sign.word}  ", sign.style)
            for sign, count in counts
        ]
        found.append(line((f"{arch:<8} ", "bold $foreground"), *words))
    return join(found)


def kernel(status: KernelStatus, archs: Sequence[str]) -> Content:
    """The detail pane of one kernel: heading, then the given architectures."""
    found = kernel_heading(status)
    for arch in archs:
        found += cell(status, arch)
    return join([*found, *places(status)])


def count(number: int, noun: str) -> str:
    """`1 kernel`, `2 kernels`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def pair(name: str, value: str, style: str = "") -> Line:
    """An indented name and its value."""
    return line((f"  {name:<11}", "$foreground-muted"), (value, style or "$foreground"))


def indented(text: str, style: str = "$foreground") -> Line:
    """A line two cells to the right."""
    return line(("  " + text, style))


def local_time(created: str) -> str:
    """A stored UTC time in the user's zone; as stored when it is not ISO 8601."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone().strftime("%Y-%m-%d %H:%M:%S")
