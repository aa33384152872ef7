"""Finding rows without hiding the others: the words are those of the filter."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tracker.tui.entries import Entry
from tracker.tui.filtering import parse
from tracker.tui.model import Arrangement


def find(arrangement: Arrangement, text: str, archs: Sequence[str]) -> list[int]:
    """Numbers of the kernels' rows that `text` finds, none for an empty text. Raises `filtering.FilterError`."""
    test = parse(text, archs).predicate
    if test is None:
        return []
    return [at for at, row in enumerate(arrangement.rows) if isinstance(row, Entry) and test(row)]


def step(found: Sequence[int], cursor: int, way: int) -> int | None:
    """The found row after the cursor (`way` 1), before it (-1), or at it or after (0); from the other end at an end."""
    if not found:
        return None
    if way < 0:
        return found[bisect_left(found, cursor) - 1]
    at = bisect_right(found, cursor) if way else bisect_left(found, cursor)
    return found[at % len(found)]
