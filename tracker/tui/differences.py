"""Where two kernels' sources differ, line by line."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from tracker.tui.sources import SourceText

LONGEST = 2000
"""Lines after which a body is given up that no brace has closed."""
ALIKE = 0.4
"""Below this share of common lines a port is a new text: to mark all of it would say nothing."""


class Hunk(NamedTuple):
    """Lines (from 0) of either side that stand against each other; one of the two may be empty."""

    cuda: range
    hip: range


def hunks(cuda: SourceText, hip: SourceText) -> list[Hunk]:
    """Differences between the kernels' bodies, without regard to white space; none where they have little in common."""
    if cuda.text is None or hip.text is None:
        return []
    ours, theirs = cuda.text.splitlines(), hip.text.splitlines()
    left, right = body(ours, cuda.line), body(theirs, hip.line)
    matcher = SequenceMatcher(None, _words(ours, left), _words(theirs, right), autojunk=False)
    if matcher.ratio() < ALIKE:
        return []
    return [
        Hunk(left[start:end], right[first:last])
        for tag, start, end, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def body(lines: Sequence[str], start: int) -> range:
    """Numbers (from 0) of the lines from the kernel's head at `start` (from 1) to the brace that closes it."""
    first = max(0, start - 1)
    depth, opened = 0, False
    for number in range(first, min(first + LONGEST, len(lines))):
        opened = opened or "{" in lines[number]
        depth += lines[number].count("{") - lines[number].count("}")
        if opened and depth <= 0:
            return range(first, number + 1)
    return range(first, min(first + 1, len(lines)))


def _words(lines: Sequence[str], numbers: range) -> list[str]:
    return [" ".join(lines[number].split()) for number in numbers]
