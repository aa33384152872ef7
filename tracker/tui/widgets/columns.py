"""Which columns fit into a width, and what stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from db.views import KernelStatus, Location
from tracker.signs import STALE, STATES, cell_state, is_stale, port_state, summary
from tracker.tui.model import GroupRow, Row

Piece = tuple[str, str]
"""Text and its style markup."""

WORDS = 12
"""Width of an architecture's column that has room for the state's word."""
SIGNS = 4
"""Narrowest column of an architecture: mark, stale mark, a gap."""
PORT = 10
PLACE = 22
NAME_MINIMUM = 34
"""Width of the kernel column below which states lose their words."""


@dataclass(frozen=True)
class Column:
    """One column. `name` is what `View.sort` takes; `words` says that states are spelled out."""

    name: str
    title: str
    start: int
    width: int
    words: bool = True


OPTIONAL = ("port", "cuda", "hip")
"""Columns besides the architectures' that may be hidden."""


def fit(width: int, archs: Sequence[str], longest: int, hidden: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    """Columns for `width` cells: words give way to signs, then the file columns to the kernel's name."""
    port = 0 if "port" in hidden else PORT
    room = width - NAME_MINIMUM - port
    words = room >= WORDS * len(archs)
    each = [WORDS if words else max(len(arch) + 1, SIGNS) for arch in archs]
    left = width - port - sum(each)
    places = max(0, (left - max(NAME_MINIMUM, min(longest, 44))) // PLACE)
    files = [(name, name.upper(), PLACE) for name in ("cuda", "hip") if name not in hidden][:places]
    sizes = [("kernel", "KERNEL", left - len(files) * PLACE)]
    sizes += [("port", "PORT", port)] if port else []
    sizes += [(arch, arch, size) for arch, size in zip(archs, each, strict=True)] + files
    columns, start = [], 0
    for name, title, size in sizes:
        columns.append(Column(name, title, start, max(size, 1), words or name in ("cuda", "hip")))
        start += size
    return tuple(columns)


def pieces(row: Row, column: Column, marked: bool, depth: int, name: str = "$foreground") -> list[Piece]:
    """What stands in one cell. `depth`: levels of headings above kernels; `name`: the style of a kernel's name."""
    if column.name == "kernel":
        return _name(row, marked, depth, name)
    if isinstance(row, GroupRow):
        return _group_cell(row, column)
    return _kernel_cell(row.kernel, column)


def clip(found: list[Piece], width: int) -> list[Piece]:
    """Pieces cut or padded to exactly `width` cells; the last cell stays empty as the gap to the next column."""
    clipped: list[Piece] = []
    room = width - 1
    for text, style in found:
        size = cell_len(text)
        if size > room:
            clipped.append((set_cell_size(text, max(room - 1, 0)) + ("…" if room else ""), style))
            room = 0
            break
        clipped.append((text, style))
        room -= size
    return [*clipped, (" " * (room + 1), "$foreground")]


def _name(row: Row, marked: bool, depth: int, name: str) -> list[Piece]:
    gutter: Piece = ("▌", "bold $text-accent") if marked else (" ", "$foreground")
    if not isinstance(row, GroupRow):
        return [gutter, ("  " * depth, "$foreground"), (row.kernel.title, name)]
    indent: Piece = ("  " * row.level, "$foreground")
    arrow = "" if not row.key else "▸ " if row.folded else "▾ "
    return [gutter, indent, (arrow + row.title, "bold $foreground"), (f"  {len(row.members)}", "$foreground-muted")]


def _kernel_cell(kernel: KernelStatus, column: Column) -> list[Piece]:
    if column.name == "port":
        sign = STATES[port_state(kernel)]
        return [(f"{sign.mark} {sign.word}", sign.style)]
    if column.name in ("cuda", "hip"):
        return [(place_text(kernel.baseline if column.name == "cuda" else kernel.port_location), "$foreground-muted")]
    state = cell_state(kernel, column.name)
    sign, stale = STATES[state], is_stale(kernel, column.name)
    if state in ("missing", "drifted"):
        return [(sign.mark, sign.style)]
    word = sign.word if column.words else ""
    return [
        (sign.mark, sign.style),
        (STALE.mark if stale else " ", STALE.style),
        (word, STALE.style if stale else sign.style),
    ]


def _group_cell(row: GroupRow, column: Column) -> list[Piece]:
    if column.name == "port":
        done, asked = row.ported
        return [(f"{done}/{asked}" if asked else "", "$foreground-muted")]
    if column.name in ("cuda", "hip"):
        return []
    counts = row.tally(column.name)
    worth = [(sign, count) for sign, count in summary(counts) if sign.word not in ("missing", "drifted", "not built")]
    return [(f"{sign.mark}{count} ", sign.style) for sign, count in worth]


def place_text(place: Location | None) -> str:
    """File name and line, short enough for a column."""
    return f"{place.path.rpartition('/')[2]}:{place.line}" if place else ""
