"""What is restored at the next start."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.pilots import running, shown, until
from tracker.tui import memory
from tracker.tui.memory import Memory
from tracker.tui.model import GROUPINGS, View

VIEWS = st.builds(
    View,
    filter=st.text(),
    only=st.frozensets(st.text(), max_size=3),
    group=st.sampled_from(GROUPINGS),
    sort=st.text(),
    reverse=st.booleans(),
    folded=st.frozensets(st.text(), max_size=3),
    hidden=st.frozensets(st.text(), max_size=3),
)


@given(st.builds(Memory, view=VIEWS, cursor=st.none() | st.text(), detail=st.booleans(), theme=st.text()))
def test_what_is_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, kept: Memory) -> None:
    file = tmp_path_factory.getbasetemp() / "memory.json"
    memory.save(file, kept)
    assert memory.load(file) == kept


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"version": 99}', '{"version": 1}', '{"version": 1, "only": 3}']
)
def test_an_unreadable_file_is_dropped_quietly(tmp_path: Path, text: str) -> None:
    file = tmp_path / "memory.json"
    file.write_text(text)
    assert memory.load(file) == Memory()
    assert memory.load(tmp_path / "absent") == Memory()


async def test_the_next_start_is_where_the_last_one_was(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "memory.json"
    async with running(memory_file=file) as (app, pilot):
        await pilot.press("slash", *"q5_1", "enter", "b", "o", "d")
        app.main.matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        app.theme = "nord"
        await pilot.pause()
        before, symbols = app.main.view, shown(app)
    async with running(memory_file=file) as (app, pilot):
        await until(pilot, lambda: bool(app.main.matrix.row))
        assert app.main.view == before and shown(app) == symbols
        assert app.main.matrix.row and app.main.matrix.row.key.startswith("mul_mat_q5_1@")
        assert app.theme == "nord" and not app.main.detail_on


async def test_a_theme_or_column_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "memory.json"
    memory.save(file, Memory(View(sort="gfx9999", filter="arch:gfx9999"), cursor="nobody", theme="no such theme"))
    async with running(memory_file=file) as (app, _):
        assert len(shown(app)) == 40 and app.theme == "textual-dark"
