"""Callers: which kernels Rust code asks for by name, and how it launches them."""
