"""Finished builds, found again by what went into them. A build appears in the cache whole or not at all.

What happens to its files later is noticed: a build says the hash of each of them, and one that has changed is no build.
"""

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
FACTS = "build.json"
"""What a build says about itself, in its folder."""

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
    """The finished build of a key, None also where it is damaged."""
    return read(_place(cache, key))


def read(folder: Path) -> Entry | None:
    """The finished build in a folder; None where there is none or one of its files is not what was built."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return Entry(folder, facts["output"], facts["seconds"]) if facts["files"] == _hashes(folder) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def publish(cache: Path, key: str, built: Path, output: str, seconds: float) -> Path:
    """Move a finished build into the cache and return where it lies now. Another's equal build is as good."""
    (built / FACTS).unlink(missing_ok=True)  # another machine's
    facts = {"output": output, "seconds": seconds, "files": _hashes(built)}
    (built / FACTS).write_text(json.dumps(facts), encoding="utf-8")
    place = _place(cache, key)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and find(cache, key) is None:
        _set_aside(cache, place)
    try:
        os.replace(built, place)
    except OSError:
        if find(cache, key) is None:
            raise
    return place


def _set_aside(cache: Path, damaged: Path) -> None:
    """Take a damaged build out of the way; another process may be faster."""
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(dir=cache / "tmp") as folder:
        os.replace(damaged, Path(folder) / "damaged")


def _hashes(folder: Path) -> dict[str, str]:
    """sha256 of each file of a build."""
    files = sorted(path for path in folder.iterdir() if path.name != FACTS)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _place(cache: Path, key: str) -> Path:
    return cache / key[:2] / key
