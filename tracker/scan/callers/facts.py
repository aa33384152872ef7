"""What Rust code asks for, as plain data."""

from dataclasses import dataclass

from tracker.scan.facts import Place

Dimensions = tuple[int | None, int | None, int | None]
"""x, y, z; None where the size is not a constant."""


@dataclass(frozen=True)
class Request:
    """One kernel that a call may ask for.

    `name` is a pattern in which `*` stands for what the source does not tell, when `exact` is False.
    """

    name: str
    exact: bool
    place: Place
    """The call that loads the kernel."""
    spelled: Place
    """Where the name, or its first part, is written."""
    function: str
    """The Rust function that asks."""
    grid: Dimensions | None
    block: Dimensions | None
    """None when no launch was found beside it."""
