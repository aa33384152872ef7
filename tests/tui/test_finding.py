"""Finding: rows stay, the cursor steps. And stepping through what differs between two sources."""

from dataclasses import replace

import pytest

from db.views import KernelStatus
from tests.tui.fake import Fake
from tests.tui.pilots import notes, running, screen_text, shown, until
from tracker.tui.differences import Hunk, body, hunks
from tracker.tui.finding import step
from tracker.tui.sources import Page, SourceText
from tracker.tui.widgets.code import Code, SideBySide


@pytest.mark.parametrize(
    ("cursor", "way", "expected"), [(0, 1, 3), (3, 1, 5), (5, 1, 3), (3, -1, 5), (4, -1, 3), (3, 0, 3), (6, 0, 3)]
)
def test_steps_go_round(cursor: int, way: int, expected: int) -> None:
    assert step([3, 5], cursor, way) == expected


async def test_finding_moves_the_cursor_and_hides_nothing() -> None:
    async with running() as (app, pilot):
        everything = shown(app)
        await pilot.press("f", *"q5_1_f")
        await until(pilot, lambda: "2 found" in screen_text(app))
        assert shown(app) == everything
        await pilot.press("enter")
        visited = []
        for key in ("n", "n", "N"):
            visited.append(app.main.matrix.row.key.split("@")[0])  # type: ignore[union-attr]
            await pilot.press(key)
        assert visited == ["dequantize_block_q5_1_f16", "dequantize_block_q5_1_f32", "dequantize_block_q5_1_f16"]
        await pilot.press("escape")
        await until(pilot, lambda: "found" not in screen_text(app))
        await pilot.press("n")
        assert "f finds rows first" in notes(app)


async def test_finding_takes_the_filters_words_and_says_what_is_wrong() -> None:
    async with running() as (app, pilot):
        await pilot.press("f", *"state:drifted")
        await until(pilot, lambda: "1 found" in screen_text(app))
        assert app.main.matrix.row.key.startswith("mul_mat_q5_0@")  # type: ignore[union-attr]
        await pilot.press(*"x")
        await until(pilot, lambda: "unknown state" in screen_text(app))


async def test_a_letter_in_the_filter_is_a_letter() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"f16")
        await until(pilot, lambda: app.main.view.filter == "f16")


async def test_the_next_difference_comes_into_view() -> None:
    source = Fake()
    original = source.page
    head = [f"line {n}" for n in range(1, 100)] + ["void f(const void * vx,", "int j,", "int k)", "{}"]

    def both_at_hand(kernel: KernelStatus) -> Page:
        text = "\n".join(head + [f"line {n}" for n in range(104, 200)])
        return replace(original(kernel), cuda=SourceText("a.cu", 100, text), hip=SourceText("b.hip", 100, text))

    source.page = both_at_hand  # type: ignore[method-assign]
    async with running(source) as (app, pilot):
        app.main.matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(Code)) == 2)
        sides = app.screen.query_one(SideBySide)

        def offsets() -> list[int]:
            return [code.scroll_offset.y for code in sides.query(Code)]

        await until(pilot, lambda: offsets() == [96, 96])
        await pilot.press("n")
        await until(pilot, lambda: offsets() == [98, 98])
        assert sides.at == ("cuda", head.index("int k)"))
        assert "≠" in screen_text(app)


CUDA = """// copy
__global__ void f(const void * vx, int k) {
  int i = blockIdx.x;
  int lane = threadIdx.x;
  x[i] = __shfl_xor_sync(~0u, v, 1);
  y[i] = 0;
}
after"""
HIP = """__global__ void f(const void * vx,   int k) {
  int i = blockIdx.x;
  int lane = threadIdx.x;
  assert(lane < 32);
  x[i] = __shfl_xor(v, 1);
}"""


def test_differing_lines_of_two_bodies() -> None:
    cuda, hip = SourceText("a.cu", 2, CUDA), SourceText("b.hip", 1, HIP)
    assert hunks(cuda, hip) == [Hunk(range(4, 6), range(3, 5))]
    assert hunks(cuda, replace(hip, text=None)) == []
    assert hunks(cuda, replace(hip, text="__global__ void f() {\n  something();\n  else_();\n}")) == []


@pytest.mark.parametrize(("text", "expected"), [("a {\n}\nb", 2), ("a\n{ {\n}\n}", 4), ("a {", 1), ("MACRO(a)\nb", 1)])
def test_a_body_ends_with_its_brace(text: str, expected: int) -> None:
    assert body(text.splitlines(), 1) == range(expected)


async def test_steps_go_through_the_lines_that_differ() -> None:
    source = Fake()
    original = source.page
    long = "\n".join(f"  same({n});" for n in range(60))
    cuda = f"void f() {{\n  first();\n{long}\n  last();\n}}\n" + "\n" * 60
    hip = cuda.replace("last", "added();\n  final").replace("first", "front")

    def both_at_hand(kernel: KernelStatus) -> Page:
        return replace(original(kernel), cuda=SourceText("a.cu", 1, cuda), hip=SourceText("b.hip", 1, hip))

    source.page = both_at_hand  # type: ignore[method-assign]
    async with running(source) as (app, pilot):
        app.main.matrix.go_to("mul_mat_q5_1@candle-kernels/src/quantized.cu")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query(Code)) == 2)
        sides = app.screen.query_one(SideBySide)
        for key, stop in (("n", ("hip", 1)), ("n", ("hip", 62)), ("n", ("hip", 1)), ("N", ("hip", 62))):
            await pilot.press(key)
            await until(pilot, lambda stop=stop: sides.at == stop)  # type: ignore[misc]
        text = screen_text(app)
        assert "   63≠  added();" in text and "   63≠  last();" in text
