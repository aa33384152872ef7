"""Scanning a text as if it were a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.scan import scan_file
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
