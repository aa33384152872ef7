"""Another number of lines to scroll through without another layout of the whole screen.

Textual lays out again whenever a virtual size changes, for scrollbars may come and go. Where the vertical scrollbar is
always there (`overflow-y: scroll`), telling it is enough.
"""

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


def set_height(view: ScrollView, lines: int) -> None:
    """Let `view` scroll through so many lines. It stays at its offset where that is still inside."""
    view.set_reactive(Widget.virtual_size, Size(0, lines))
    view.vertical_scrollbar.window_virtual_size = lines
    if view.scroll_offset.y > view.max_scroll_y:
        view.scroll_to(y=view.max_scroll_y, animate=False, immediate=True)
