"""A badge: one figure as a small SVG."""

from xml.sax.saxutils import escape

CHARACTER, PAD = 6.6, 6
"""Pixels: about the width of a character at 11 px, and the space beside a text; `textLength` makes it exact."""
COLOURS = {"all": "#12703a", "most": "#8a5a00", "few": "#5f6670"}


def badge(label: str, done: int, total: int) -> str:
    """`label` and how many per cent, rounded down, so that only all of them are 100 %."""
    value = f"{100 * done // total} %" if total else "none"
    how_many = "all" if total and done == total else "most" if total and 2 * done >= total else "few"
    left, right = (round(len(text) * CHARACTER + 2 * PAD) for text in (label, value))
    title = escape(f"{label}: {done} of {total}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f'<title>{title}</title><rect width="{left}" height="20" fill="#3a3f46"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[how_many]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(label, PAD, left)}{_text(value, left + PAD, right)}</g></svg>\n"
    )


def _text(text: str, x: int, width: int) -> str:
    return f'<text x="{x}" y="14" textLength="{width - 2 * PAD}">{escape(text)}</text>'
