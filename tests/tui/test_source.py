"""The real source on a real database, and the whole program on top of it."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import tui_data
from tests.tui.fake import Fake, kernel
from tests.tui.pilots import running, screen_text, shown, until
from tracker.cancel import Cancel
from tracker.config import Project, load_project
from tracker.errors import UsageError
from tracker.tui.app import Kerntrack
from tracker.tui.source import ProjectSource

ARCHS = ("gfx90a", "gfx1030")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Six kernels on two architectures; only the HIP side's file is at hand."""
    (tmp_path / "kerntrack.toml").write_text(f"archs = {list(ARCHS)!r}\nhip = ['all.hip']\n")
    (tmp_path / "all.hip").write_text("\n".join(f"// {n}" for n in range(1, 20)))
    tui_data.make(tmp_path / ".kerntrack" / "kerntrack.db", 6, ARCHS)
    return load_project(tmp_path)


def test_everything_of_a_kernel_comes_from_the_database(project: Project) -> None:
    source = ProjectSource(project)
    first, second, third, *_ = source.statuses()
    assert [kernel.archs["gfx90a"].state for kernel in (first, second, third)] == [
        "emulated",
        "emulation failed",
        "compiled",
    ]
    page = source.page(first)
    assert [(check.arch, check.outcome, check.holds) for check in page.evidence] == [
        ("gfx1030", "passed", True),
        ("gfx90a", "passed", True),
    ]
    assert {build.arch for build in page.builds} == set(ARCHS)
    assert page.hip.text and page.hip.text.startswith("// 1\n")
    assert page.cuda.text is None and "all.cu is not at hand" in page.cuda.note
    assert page.cuda_facts and page.cuda_facts.parameters == (("x", "const void *"), ("n", "int"))
    assert page.findings == [] and page.looked.startswith("no hazard found by")
    assert len(source.outcomes()) == 4 * len(ARCHS)


def test_the_editor_gets_a_file_that_exists(project: Project) -> None:
    source = ProjectSource(project)
    kernel = source.statuses()[2]
    assert source.locate(kernel, "hip") == (project.root / "all.hip", 3)
    with pytest.raises(UsageError, match="not at hand"):
        source.locate(kernel, "cuda")


def test_the_version_changes_when_another_connection_writes(project: Project) -> None:
    source = ProjectSource(project)
    before = source.version()
    assert source.version() == before
    other = sqlite3.connect(project.database)
    other.execute("update evidence set seconds = 2")
    other.commit()
    other.close()
    assert source.version() != before


def test_only_existing_sources_are_watched(project: Project) -> None:
    gone = replace(project, cuda=(project.root / "gone",))
    assert ProjectSource(gone).watched() == [project.root / "all.hip"]


async def test_the_program_follows_a_real_database(project: Project) -> None:
    app = Kerntrack(ProjectSource(project), poll_seconds=0.05)
    async with app.run_test(size=(140, 30)) as pilot:
        await until(pilot, lambda: app.loaded)
        assert app.counts == {"emulated": 2, "failed": 2, "compiled": 2}
        other = sqlite3.connect(project.database)
        other.execute("update evidence set outcome = 'passed'")
        other.commit()
        other.close()
        await until(pilot, lambda: app.counts == {"emulated": 4, "compiled": 2})


async def test_a_project_without_a_database_says_so_when_read_only(tmp_path: Path) -> None:
    app = Kerntrack(ProjectSource(load_project(tmp_path), readonly=True), readonly=True)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "there is no database yet" in screen_text(app))


async def test_a_project_without_a_database_begins_empty(tmp_path: Path) -> None:
    app = Kerntrack(ProjectSource(load_project(tmp_path)))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.loaded)
        assert "press s to scan" in screen_text(app) and not app.failures


def test_mangled_symbols_have_names_as_declared(tmp_path: Path) -> None:
    (tmp_path / "kerntrack.toml").write_text('archs = ["gfx1030"]\nhip = ["scale.hip"]\n')
    (tmp_path / "scale.hip").write_text(
        "#include <hip/hip_runtime.h>\n"
        "namespace port {\n"
        "template <typename T, int N> __global__ void scale(T *x, unsigned n) { if (n) x[0] *= N; }\n"
        "template __global__ void scale<float, 4>(float *, unsigned);\n"
        "}\n"
        'extern "C" __global__ void plain(const int *x) {}\n'
    )
    source = ProjectSource(load_project(tmp_path))
    list(source.scan()(Cancel()))
    kernels = {kernel.symbol: kernel for kernel in source.statuses()}
    mangled = "_ZN4port5scaleIfLi4EEEvPT_j"
    assert set(kernels) == {mangled, "plain"}
    assert {each.name for each in kernels.values()} == {"port::scale<float, 4>", "plain"}
    assert source.names([kernels[mangled], kernels["plain"]]) == [
        "port::scale<float, 4>(float *, unsigned int)",
        "plain(const int *)",
    ]


async def test_the_matrix_names_kernels_as_their_source_does() -> None:
    source = Fake([replace(kernel("_ZN4port5scaleIfLi4EEEvPT_j", "", ""), name="port::scale<float, 4>")])
    async with running(source) as (app, pilot):
        text = screen_text(app)
        assert "port::scale<float, 4>" in text and "_ZN4port5" not in text
        for words in ("port::scale<fl", "_ZN4port5", "port::*<*"):
            await pilot.press("slash", *words, "enter")
            await until(pilot, lambda words=words: app.main.view.filter == words)  # type: ignore[misc]
            assert len(shown(app)) == 1
            await pilot.press("escape")
        app.main.matrix.cursor = 1
        await until(pilot, lambda: "_ZN4port5scaleIfLi4EEEvPT_j" in screen_text(app))
