"""Watching the sources: a change is a scan, a change during a scan is one more."""

from pathlib import Path

from tests.tui.fake import Fake
from tests.tui.pilots import running, screen_text, until


async def test_a_change_scans_and_a_change_during_a_scan_scans_once_more(tmp_path: Path) -> None:
    source = Fake()
    source.folder = tmp_path
    (tmp_path / "a.hip").write_text("")
    async with running(source) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: ("watched",) in source.calls and "watching" in screen_text(app))
        await pilot.pause(0.3)
        source.release.clear()
        (tmp_path / "notes.txt").write_text("not a source")
        (tmp_path / "generated").mkdir()
        (tmp_path / "generated" / "a.hip").write_text("ignored")
        await pilot.pause(0.5)
        assert not app.jobs
        (tmp_path / "a.hip").write_text("one")
        await until(pilot, lambda: [job.state for job in app.jobs] == ["running"])
        (tmp_path / "a.hip").write_text("two")
        await until(pilot, lambda: [job.state for job in app.jobs] == ["running", "queued"])
        (tmp_path / "b.cuh").write_text("three")
        await pilot.pause(0.5)
        assert [job.state for job in app.jobs] == ["running", "queued"]
        source.release.set()
        await until(pilot, lambda: [job.state for job in app.jobs] == ["done", "done"])
        await pilot.press("w")
        await until(pilot, lambda: not app.watching)
        (tmp_path / "a.hip").write_text("four")
        await pilot.pause(0.5)
        assert len(app.jobs) == 2
