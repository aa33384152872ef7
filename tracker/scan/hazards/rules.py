"""The rules, read from rules.toml."""

import hashlib
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


_FILE = Path(__file__).with_name("rules.toml")


def rules_hash() -> str:
    """sha256 of the rules: with other rules the same sources have other findings."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the file's order."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(Rule(**{**each, "archs": tuple(each["archs"])}) for each in table["rule"])
