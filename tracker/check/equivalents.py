"""Mutants that change machine code and provably not what it computes (equivalents.toml), each with the reason."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tracker.check.mutations import Mutation, squeezed


@cache
def _table() -> tuple[dict[str, Any], ...]:
    text = Path(__file__).with_name("equivalents.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text).get("equivalent", ()))


def reason(file: str, unit: str, mutation: Mutation) -> str:
    """Why a mutation cannot be noticed through a unit (file names); empty when nobody has shown that.

    An entry holds for a file, the source line (blanks do not count) and what becomes of the mutated text, so that it no
    longer applies once the line changes. `nth` tells equal texts in a line apart (0: the first); `units`, if given, are
    the only ones it holds for.
    """
    for entry in _table():
        known = (entry["file"], squeezed(entry["line"]), entry["before"], entry.get("nth", 0), entry["after"])
        found = (file, mutation.source, mutation.before, mutation.nth, mutation.after)
        if known == found and unit in entry.get("units", [unit]):
            return str(entry["reason"])
    return ""
