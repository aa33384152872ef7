"""Asks clang's assembler whether a test kernel's text is right."""

import subprocess
import sys


def complaints(text: str, arch: str) -> list[str]:
    """What the assembler has to say against the text, empty when it accepts it."""
    clang = [sys.executable, "-m", "ziglang", "clang", "-target", "amdgcn-amd-amdhsa", f"-mcpu={arch}"]
    command = [*clang, "-x", "assembler", "-c", "-o", "/dev/null", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    lines = done.stderr.splitlines()
    found = [f"{line} | {lines[i + 1].strip()}" for i, line in enumerate(lines[:-1]) if "error:" in line]
    return found or (lines[:5] if done.returncode else [])
