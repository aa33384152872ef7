"""Where the user was, kept between starts in a small file that may be lost without harm."""

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tracker.files import replace as replace_file
from tracker.tui.model import GROUPINGS, View

VERSION = 1


@dataclass(frozen=True)
class Memory:
    """What is restored at the next start."""

    view: View = field(default_factory=View)
    cursor: str | None = None
    detail: bool = True
    theme: str = "textual-dark"


def path_for(root: Path) -> Path:
    """The file of one project, in the user's state folder."""
    from platformdirs import user_state_path

    name = sha256(str(root).encode()).hexdigest()[:16]
    return user_state_path("kerntrack", appauthor=False) / "tui" / f"{name}.json"


def load(path: Path) -> Memory:
    """What was kept, or the defaults when there is nothing readable."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        return _from_json(found) if found["version"] == VERSION else Memory()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def save(path: Path, memory: Memory) -> None:
    """Keep it. Raises OSError or UsageError when the folder cannot be written."""
    view = memory.view
    found = {
        "version": VERSION,
        "filter": view.filter,
        "only": sorted(view.only),
        "group": view.group,
        "sort": view.sort,
        "reverse": view.reverse,
        "folded": sorted(view.folded),
        "hidden": sorted(view.hidden),
        "cursor": memory.cursor,
        "detail": memory.detail,
        "theme": memory.theme,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(found, indent=1))


def _from_json(found: dict[str, Any]) -> Memory:
    view = View(
        filter=str(found["filter"]),
        only=frozenset(map(str, found["only"])),
        sort=str(found["sort"]),
        reverse=bool(found["reverse"]),
        folded=frozenset(map(str, found["folded"])),
        hidden=frozenset(map(str, found.get("hidden", []))),
    )
    if found["group"] in GROUPINGS:
        view = replace(view, group=found["group"])
    return Memory(view, found["cursor"], bool(found["detail"]), str(found["theme"]))
