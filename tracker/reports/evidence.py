"""What stands behind the cells, summed up: by architecture, device, family and outcome."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from db.views import Evidence, KernelStatus
from tracker.reports.model import EvidenceRow

FIGURES = ("cw", "nmse", "abs", "ulp")
"""Errors worth a look, the first that the checks have: relative to the sum of absolute terms, or else absolute."""


def evidence(kernels: Sequence[KernelStatus], archs: Sequence[str]) -> Iterator[EvidenceRow]:
    """One row per group of checks that decide a cell."""
    groups: dict[tuple[str, str, str, str], list[Evidence]] = defaultdict(list)
    for arch in archs:
        for kernel in kernels:
            each = kernel.archs[arch].evidence
            if each is not None:
                device = f"{each.device_kind}: {each.device_name}"
                groups[arch, device, kernel.family or "other kernels", each.outcome].append(each)
    for (arch, device, family, outcome), found in groups.items():
        newest = max(each.created for each in found)
        cases = sum(each.cases_run for each in found)
        yield EvidenceRow(arch, device, family, outcome, len(found), cases, _worst(found), newest[:10])


def _worst(found: Sequence[Evidence]) -> str:
    """The largest error of the group, and its bound where the checks had one."""
    figure = next((name for name in FIGURES if any(name in each.worst for each in found)), None)
    if figure is None:
        return ""
    largest = max(each.worst.get(figure, 0.0) for each in found)
    bounds = {each.worst["bound"] for each in found if "bound" in each.worst}
    bound = f", bound {min(bounds):.3g}" if bounds else ""
    return f"{figure} {largest:.3g}{bound}" if largest or bounds else "exact"
