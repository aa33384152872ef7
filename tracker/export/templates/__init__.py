"""Texts with `$name` where something is put in (string.Template)."""

from pathlib import Path
from string import Template


def fill(template: str, /, **values: object) -> str:
    """A template of this folder with its names replaced. Raises KeyError for a name without a value."""
    return Template((Path(__file__).parent / template).read_text(encoding="utf-8")).substitute(values)
