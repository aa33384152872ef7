"""Arch table, toolchains, compiling to code objects, reading code objects. Knows nothing of scanning and devices."""
