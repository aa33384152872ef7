"""Theme colours for widgets that draw their own lines."""

from rich.style import Style as RichStyle
from textual.style import Style


class Palette:
    """Resolves Textual style markup (`bold $text-error`) on a background, remembering what it found.

    A style that names its own background keeps it. Must be used while an app is running.
    It holds for one theme.
    """

    def __init__(self, theme: str) -> None:
        self.theme = theme
        self._found: dict[tuple[str, str], RichStyle] = {}

    def __call__(self, style: str, background: str = "$surface") -> RichStyle:
        key = (style, background)
        if key not in self._found:
            text = style if " on " in style else f"{style} on {background}"
            self._found[key] = Style.parse(text).rich_style
        return self._found[key]
