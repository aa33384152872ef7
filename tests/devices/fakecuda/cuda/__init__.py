"""A stand-in for the package cuda-bindings, see bindings/driver.py."""
