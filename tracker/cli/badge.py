"""`kerntrack badge`: one figure as an SVG."""

import sys
from pathlib import Path

from tracker.actions.progress import PORTED, phases
from tracker.actions.status import load
from tracker.cli.session import Session
from tracker.errors import ExitCode, UsageError
from tracker.files import replace
from tracker.reports.badge import badge
from tracker.reports.gate import PHASES


def run(session: Session, what: str, arch: str | None, out: Path | None) -> ExitCode:
    """Write the badge. A badge is made again and again, so a file that is there is replaced."""
    matrix = load(session.project())
    if arch is not None and (what == PORTED or arch not in matrix.archs):
        raise UsageError(f"{what} is not counted for {arch}", f"architectures here: {', '.join(matrix.archs)}")
    archs = [""] if what == PORTED else [arch] if arch else list(matrix.archs)
    found = [each for each in phases(matrix.kernels, matrix.archs) if each.name == PHASES[what] and each.arch in archs]
    label = f"{PHASES[what]} {arch or ''}".strip() if what != PORTED else "HIP port"
    text = badge(label, sum(each.done for each in found), sum(each.total for each in found))
    if out:
        replace(session.directory / out, text)
    else:
        sys.stdout.write(text)
    return ExitCode.GOOD
