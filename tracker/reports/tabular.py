"""CSV and JUnit XML: the cells of the matrix, one by one."""

import csv
import io
from collections import Counter
from xml.etree import ElementTree as xml

from db.views import ArchStatus, KernelStatus
from tracker.actions.compare import words
from tracker.reports.model import Answers, Report


def as_csv(report: Report) -> str:
    """A row per kernel. The cells are the words of `status --format csv`."""
    answers = {each.symbol: each for each in report.answers}
    found = Counter(symbol for each in report.hazards.findings for symbol in each.kernels)
    head = ("kernel", "family", "type", "batch", "port", "differences", "text search", "syntax tree", "code objects")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*head, "hazards", *report.archs))
    for kernel in report.kernels:
        fixed = (kernel.symbol, kernel.family, kernel.type, kernel.batch or "", kernel.port)
        cells = (words(kernel.archs[arch]) for arch in report.archs)
        names = {kernel.symbol, kernel.port_symbol or ""}
        three = _three(answers.get(kernel.symbol))
        writer.writerow((*fixed, "; ".join(kernel.differences), *three, sum(found[name] for name in names), *cells))
    return text.getvalue()


def _three(answers: Answers | None) -> tuple[str, str, str]:
    if answers is None:
        return "", "", ""
    objects = " ".join(f"{arch}:{yes(has)}" for arch, has in answers.objects.items())
    return yes(answers.text), yes(answers.tree), objects


def yes(answer: bool | None) -> str:
    """An answer in a word."""
    return "not asked" if answer is None else "yes" if answer else "no"


def as_junit(report: Report) -> str:
    """A suite per arch, a case per CUDA kernel: passed when emulated or verified, failed, or skipped with the state."""
    root = xml.Element("testsuites", name=f"kerntrack {report.project}")
    for arch in report.archs:
        suite = xml.SubElement(root, "testsuite", name=arch, timestamp=report.created)
        for kernel in report.kernels:
            if kernel.baseline:
                _case(suite, kernel, kernel.archs[arch])
        suite.set("tests", str(len(suite)))
        for kind, tag in (("failures", "failure"), ("skipped", "skipped")):
            suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: xml.Element, kernel: KernelStatus, cell: ArchStatus) -> None:
    seconds = f"{cell.evidence.seconds:.3f}" if cell.evidence else "0"
    case = xml.SubElement(suite, "testcase", classname=kernel.family or "other", name=kernel.symbol, time=seconds)
    state = words(cell)
    if state.endswith("failed"):
        message = cell.evidence.message if cell.evidence else cell.build_output
        xml.SubElement(case, "failure", message=state).text = _clean(message)
    elif state not in ("emulated", "verified"):
        port = "" if kernel.port == "ported" else f", port {kernel.port}"
        xml.SubElement(case, "skipped", message=state + port)
    else:
        xml.SubElement(case, "system-out").text = evidence_line(cell)


def evidence_line(cell: ArchStatus) -> str:
    """What stands behind a cell."""
    each = cell.evidence
    if each is None:
        return ""
    worst = ", ".join(f"worst {name} {value:.3g}" for name, value in each.worst.items())
    parts = (f"{each.device_kind} {each.device_target}", each.outcome, f"{each.cases_run} cases", worst, each.contract)
    return ", ".join(filter(None, (*parts, f"code {each.code_hash[:12]}", each.created[:19])))


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 does not have."""
    return "".join(character for character in text if character >= " " or character in "\t\n")
