"""Facts about the targets whose assembly can be executed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Arch:
    """One target; the fields are described in `archs.toml`."""

    name: str
    generation: int
    packed_work_item: bool
    group_id: str
    high_half: str


@cache
def archs() -> dict[str, Arch]:
    """All known targets by name."""
    text = (files("tracker.emulator") / "archs.toml").read_text("utf-8")
    return {name: Arch(name=name, **facts) for name, facts in tomllib.loads(text).items()}
