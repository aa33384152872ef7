"""Runs contracts' cases on a device and compares. Does not know how a device works."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.check.runner import check_cases, check_kernel

__all__ = ["check_cases", "check_kernel"]


def __getattr__(name: str) -> Any:
    """Load the runner, and numpy with it, only when something is checked: results are read by everybody."""
    if name not in __all__:
        raise AttributeError(name)
    from tracker.check import runner

    return getattr(runner, name)
