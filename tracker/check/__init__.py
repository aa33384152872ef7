"""Runs contracts' cases on a device and compares. Does not know how a device works."""
