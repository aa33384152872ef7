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

    An entry holds for a file and a source line (blanks do not count), so that it no longer applies once the line
    changes, for the faults it lists (all, if it lists none) and the units it lists (all, if it lists none).
    """
    fault = [mutation.before, mutation.after, mutation.nth]
    for entry in _table():
        here = (entry["file"], squeezed(entry["line"])) == (file, mutation.source)
        known = [[*listed, 0][:3] for listed in entry.get("faults", [fault])]
        if here and fault in known and unit in entry.get("units", [unit]):
            return str(entry["reason"])
    return ""
