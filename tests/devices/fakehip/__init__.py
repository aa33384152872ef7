"""A stand-in for ROCm's libamdhip64.so that hands launches to the emulator; see runtime.py."""
