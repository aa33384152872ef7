"""The rules, read from rules.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Severity = Literal["does not compile", "fails at launch", "silently wrong", "slow"]


@dataclass(frozen=True)
class Rule:
    """One hazard. `match` says which matcher looks for it (`kind`) and what that must know; see rules.toml."""

    id: str
    title: str
    why: str
    archs: tuple[str, ...]
    severity: Severity
    remedy: str
    source: str
    match: Mapping[str, Any]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the file's order."""
    table = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    return tuple(Rule(**{**each, "archs": tuple(each["archs"])}) for each in table["rule"])
