"""Writes what was built and checked in forms other programs take: a Rust crate, plain files, C header, bundle."""
