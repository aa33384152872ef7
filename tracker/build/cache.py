"""Finished builds, found again by what went into them. A build appears in the cache whole or not at all."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LAYOUT = "1"
"""Raised when the files of a build or the way they are made change meaning."""
ABANDONED = 24 * 3600
"""Seconds after which nobody builds in a folder any more."""

_LINE_MARKER = re.compile(r'^# (\d+) "(.*)"', re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A finished build: its folder, the compiler's output (warnings) and the seconds it took."""

    folder: Path
    output: str
    seconds: float


def build_key(preprocessed: str, folders: tuple[Path, ...], *parts: str) -> str:
    """sha256 over preprocessed text and `parts` (target, flags, toolchain).

    Neither comments nor indentation nor the place of `folders` change it; line numbers do, for they are in the product.
    """
    prefixes = [f"{folder}/" for folder in folders]

    def without_folder(marker: re.Match[str]) -> str:
        path = marker[2]
        for prefix in prefixes:
            path = path.removeprefix(prefix)
        return f'# {marker[1]} "{path}"'

    text = "\n".join(line.strip() for line in _LINE_MARKER.sub(without_folder, preprocessed).splitlines())
    return hashlib.sha256("\0".join((LAYOUT, *parts, text)).encode()).hexdigest()


@contextlib.contextmanager
def workspace(cache: Path) -> Iterator[Path]:
    """A folder to build in, removed afterwards unless it was published."""
    (cache / "tmp").mkdir(parents=True, exist_ok=True)
    for left in (cache / "tmp").iterdir():  # by a process that was killed
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(dir=cache / "tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find(cache: Path, key: str) -> Entry | None:
    """The finished build of a key."""
    folder = _place(cache, key)
    try:
        facts = json.loads((folder / "build.json").read_text(encoding="utf-8"))
        return Entry(folder, facts["output"], facts["seconds"])
    except (OSError, ValueError, KeyError):
        return None


def publish(cache: Path, key: str, built: Path, output: str, seconds: float) -> Path:
    """Move a finished build into the cache and return where it lies now. Another's equal build is as good."""
    facts = {"output": output, "seconds": seconds}
    (built / "build.json").write_text(json.dumps(facts), encoding="utf-8")
    place = _place(cache, key)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(built, place)
    except OSError:
        if find(cache, key) is None:
            raise
    return place


def _place(cache: Path, key: str) -> Path:
    return cache / key[:2] / key
