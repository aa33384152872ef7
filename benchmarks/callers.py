"""Kernels that candle's launcher asks for, found by `kerntrack scan --rust`, against those that its file defines.

KERNTRACK_CANDLE names a git repository that has both revisions, or a folder with the files of one of them. Prints per
revision: found, invented (asked for, but not defined), missed (defined, not found), and launches that contradict the
contracts' block sizes.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kernels import BASELINES
from kernels.contracts.geometry import block
from kernels.names import identify
from tracker.scan import baseline
from tracker.scan.callers.facts import Request
from tracker.scan.callers.rust import scan_callers
from tracker.scan.facts import FileFacts

LAUNCHER = "candle-core/src/quantized/cuda.rs"
COMMITS = ("1a0f9ccf1", "5152ef621")


def launcher(checkout: Path, commit: str, kernels: FileFacts) -> str | None:
    """The launcher at a revision; of a folder without git its only one, if its kernels are that revision's."""
    shown = subprocess.run(["git", "-C", checkout, "show", f"{commit}:{LAUNCHER}"], capture_output=True, check=False)
    if shown.returncode == 0:
        return shown.stdout.decode()
    there = checkout / kernels.path
    same = there.is_file() and hashlib.sha256(there.read_bytes()).hexdigest() == kernels.sha256
    return (checkout / LAUNCHER).read_text() if same else None


def judge(commit: str, requests: Sequence[Request], defined: set[str]) -> str:
    """One revision's line."""
    asked = {each.name for each in requests}
    expected = {name.symbol: block(name) for name in map(identify, asked) if name}
    wrong = sum(each.block != expected.get(each.name) for each in requests)
    found = f"{len(asked & defined) / len(defined):.1%} of {len(defined)} found"
    return (
        f"candle {commit}: {len(asked)} names, {found}, {len(asked - defined)} invented,"
        f" {len(defined - asked)} missed, {wrong} blocks against the contract"
    )


def main() -> None:
    checkout = os.environ.get("KERNTRACK_CANDLE")
    if not checkout:
        sys.exit("set KERNTRACK_CANDLE to a checkout of huggingface/candle")
    with tempfile.TemporaryDirectory() as folder:
        for commit in COMMITS:
            (kernels,) = baseline.read(BASELINES / f"candle-{commit}.json").files
            text = launcher(Path(checkout), commit, kernels)
            file = Path(folder, f"{commit}.rs")
            file.write_text(text or "")
            defined = {kernel.symbol for kernel in kernels.kernels}
            print(judge(commit, scan_callers(file), defined) if text else f"candle {commit}: not in {checkout}")


if __name__ == "__main__":
    main()
