"""Callers: which kernels Rust code asks for by name, and how it launches them."""

CALLERS = 1
"""Raised when a scan of the same Rust file gives other requests than before."""
