"""Differential fuzzing of the emulator: random HIP kernels against an evaluation of the generator's own tree."""
