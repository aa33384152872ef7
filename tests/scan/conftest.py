"""Scanning a text as if it were a file."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels import BASELINES
from tracker.scan import baseline, scan_file
from tracker.scan.facts import FileFacts, Side

Scan = Callable[..., FileFacts]


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    """Write `source`, and headers given by name, into one folder and scan it."""

    def scan(source: str, side: Side = "cuda", name: str = "", **headers: str) -> FileFacts:
        file = tmp_path / (name or {"cuda": "unit.cu", "hip": "unit.hip"}[side])
        file.write_text(source)
        for header, text in headers.items():
            (tmp_path / f"{header}.h").write_text(text)
        return scan_file(file, side, root=tmp_path)

    return scan


def candle_file(commit: str, path: str, folder: Path) -> Path:
    """A file of candle at a revision, laid out under `folder` as in the repository.

    KERNTRACK_CANDLE names a git repository that has the revision, or a folder whose quantized.cu is that revision's.
    Without it the test is skipped.
    """
    checkout = os.environ.get("KERNTRACK_CANDLE")
    if not checkout:
        pytest.skip("needs KERNTRACK_CANDLE")
    shown = subprocess.run(["git", "-C", checkout, "show", f"{commit}:{path}"], capture_output=True, check=False)
    if shown.returncode != 0:
        (recorded,) = baseline.read(BASELINES / f"candle-{commit}.json").files
        kernels = Path(checkout, recorded.path)
        if not kernels.is_file() or hashlib.sha256(kernels.read_bytes()).hexdigest() != recorded.sha256:
            pytest.skip(f"needs KERNTRACK_CANDLE with revision {commit}")
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(shown.stdout if shown.returncode == 0 else Path(checkout, path).read_bytes())
    return file
