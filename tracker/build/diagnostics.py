"""What clang printed, taken apart for display."""

import re
from dataclasses import dataclass

_HEAD = re.compile(
    r"(?P<path>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+):(?P<column>\d+): (?P<severity>note|remark|warning|"
    r"error|fatal error): (?P<text>.*)"
)


@dataclass(frozen=True)
class Message:
    """One message of the compiler. `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    severity: str
    """`note`, `remark`, `warning`, `error` or `fatal error`."""
    text: str
    excerpt: str
    """The source line with clang's caret below it; empty when clang showed none."""


def parse(output: str) -> list[Message]:
    """The messages in a compiler's output, in order; lines that belong to none are left out."""
    heads: list[re.Match[str]] = []
    excerpts: list[list[str]] = []
    for line in output.splitlines():
        head = _HEAD.fullmatch(line)
        if head:
            heads.append(head)
            excerpts.append([])
        elif heads and _is_excerpt(line):
            excerpts[-1].append(line)
    return [
        Message(head["path"], int(head["line"]), int(head["column"]), head["severity"], head["text"], "\n".join(lines))
        for head, lines in zip(heads, excerpts, strict=True)
    ]


def _is_excerpt(line: str) -> bool:
    return re.match(r"\s*\d*\s*\| ", line + " ") is not None
