"""Runs contracts' cases on a device and compares. Does not know how a device works."""

from tracker.check.runner import check_cases, check_kernel

__all__ = ["check_cases", "check_kernel"]
