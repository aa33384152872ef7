"""Every operation of the emulator against exact arithmetic on Python integers and fractions."""
