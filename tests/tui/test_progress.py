"""The curves of the map."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.views import Outcome
from tests.tui.fake import Fake
from tests.tui.pilots import running, screen_text, until
from tracker.tui import heat, progress

START = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
CHECKS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["passed", "failed"])), min_size=1, max_size=20)


def outcomes(checks: list[tuple[str, str]]) -> list[Outcome]:
    """One check an hour."""
    return [
        Outcome((START + timedelta(hours=n)).isoformat(), symbol, "gfx90a", "emulator", outcome)
        for n, (symbol, outcome) in enumerate(checks)
    ]


@given(CHECKS, st.integers(1, 30))
def test_the_curve_ends_with_what_holds_last(checks: list[tuple[str, str]], columns: int) -> None:
    found = progress.curve(outcomes(checks), START, START + timedelta(hours=len(checks) - 1), columns)
    last = dict(checks)
    assert len(found) == columns
    assert found[-1] == sum(outcome == "passed" for outcome in last.values())


@given(st.integers(0, 200), st.integers(1, 200))
def test_only_nothing_is_empty_and_only_everything_is_full(count: int, total: int) -> None:
    bar = progress.height(count, total)
    assert (bar == " ") == (count == 0)
    assert (bar == "█") == (count >= total)


@pytest.mark.parametrize(("count", "text"), [(0, "0/142 0 %"), (141, "141/142 99 %"), (142, "142/142 100 %")])
def test_no_share_is_rounded_up(count: int, text: str) -> None:
    assert heat.share(count, 142) == text


async def test_the_map_keeps_emulated_and_verified_in_curves_of_their_own() -> None:
    async with running(Fake(), size=(100, 40)) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: "checks from" in screen_text(app))
        text = screen_text(app)
    assert "▁ 1 of 120 cells" in text
    assert "● verified " in text and "◐ emulated ▁▁▁" in text
