"""Mutants that change machine code and provably not what it computes (equivalents.toml), each with the reason."""

import re
import tomllib
from functools import cache
from pathlib import Path

from tracker.check.mutations import Mutation


@cache
def _table() -> tuple[dict[str, str], ...]:
    text = Path(__file__).with_name("equivalents.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text).get("equivalent", ()))


def reason(file: str, text: str, mutation: Mutation) -> str:
    """Why the mutation of a file's `text` cannot be noticed; empty when nobody has shown that.

    An entry holds for a file name, the source line (blanks do not count) and what becomes of the mutated text, so that
    it no longer applies once the line changes.
    """
    line = text.splitlines()[mutation.line - 1]
    for entry in _table():
        known = (entry["file"], _squeezed(entry["line"]), entry["before"], entry["after"])
        if known == (Path(file).name, _squeezed(line), mutation.before, mutation.after):
            return entry["reason"]
    return ""


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
