"""Packed, mixed-precision and dot-product operations are bound in their own ways; this fills the table for the rest."""
