"""How long work may take. A limit that is reached says nothing about a kernel: it may be too short for the machine."""

from dataclasses import dataclass

TABLE = "limits"
"""The table of kerntrack.toml that sets them."""


@dataclass(frozen=True)
class Limits:
    """Seconds; the keys of that table."""

    compile: float = 600.0
    """For one source and one architecture."""
    check: float = 900.0
    """For one kernel's cases on an emulator."""
    launch: float = 60.0
    """For one launch on a GPU."""


DEFAULT = Limits()


def exceeded(what: str, name: str, seconds: float) -> str:
    """The message for whoever waited: what was ended, by which limit, and how to raise that."""
    return f"{what} did not end within {seconds:g} s: raise `{name}` under [{TABLE}] in kerntrack.toml"
