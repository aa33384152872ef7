"""Pictures of the screens. They depend on the version of Textual that drew them: with another one they are skipped."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import textual
from textual.pilot import Pilot

from tests.tui.fake import Fake
from tests.tui.pilots import until
from tracker.tui.app import Kerntrack
from tracker.tui.widgets.code import Code

DRAWN_WITH = "8.2.8"
pytestmark = pytest.mark.skipif(
    textual.__version__ != DRAWN_WITH, reason=f"drawn with Textual {DRAWN_WITH}, here is {textual.__version__}"
)
SnapCompare = Callable[..., bool]
SIZES = {"80x24": (80, 24), "160x50": (160, 50)}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times on the pictures are local."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def drawn(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Wait until the matrix is loaded, then press keys."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Kerntrack)
        app.animation_level = "none"
        await until(pilot, lambda: app.loaded)
        app.main.matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        for key in keys:
            await pilot.press(key)
        if "enter" in keys:
            await until(pilot, lambda: [code.placed for code in app.screen.query(Code)] == [True])
        await pilot.pause(0.3)

    return run


@pytest.mark.parametrize("size", SIZES)
def test_the_matrix(snap_compare: SnapCompare, size: str) -> None:
    assert snap_compare(Kerntrack(Fake()), terminal_size=SIZES[size], run_before=drawn("right"))


@pytest.mark.parametrize("size", SIZES)
def test_the_kernels_page(snap_compare: SnapCompare, size: str) -> None:
    assert snap_compare(Kerntrack(Fake()), terminal_size=SIZES[size], run_before=drawn("enter"))


def test_the_map(snap_compare: SnapCompare) -> None:
    assert snap_compare(Kerntrack(Fake()), terminal_size=SIZES["80x24"], run_before=drawn("m"))
