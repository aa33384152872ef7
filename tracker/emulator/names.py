"""One name per operation, whatever the architecture calls it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from tracker.emulator.instruction import base_name

_SPACES = ("global_", "flat_", "scratch_", "buffer_")


@cache
def _spellings() -> dict[str, Any]:
    return tomllib.loads((files("tracker.emulator") / "spellings.toml").read_text("utf-8"))


@cache
def without_effect() -> frozenset[str]:
    """Mnemonics of instructions that do nothing here."""
    return frozenset(_spellings()["no_effect"]["names"])


@cache
def approximations() -> dict[str, str]:
    """Operations whose results may differ from hardware's, and how."""
    return tomllib.loads((files("tracker.emulator") / "approximations.toml").read_text("utf-8"))


@cache
def canonical(raw: str) -> str:
    """The table's name for a mnemonic as written."""
    name = base_name(raw)
    tables = _spellings()
    for kind in ("scalar", "vector", "local"):
        if name in tables[kind]:
            return str(tables[kind][name])
    for space in _SPACES:
        ending = name.removeprefix(space)
        if ending != name:
            return space + str(tables["memory_endings"].get(ending, ending))
    return name
