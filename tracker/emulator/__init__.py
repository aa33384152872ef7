"""Executes AMDGPU assembly text. Knows nothing of the rest of the program."""
