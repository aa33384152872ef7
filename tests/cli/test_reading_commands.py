"""scan, status, gap, show: what they print, in every format, on a project whose answers are known."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Kerntrack

GOLDEN = Path(__file__).with_name("golden")


def test_scan_says_how_much_is_ported_by_family(kerntrack: Kerntrack) -> None:
    ended = kerntrack("scan")
    rows = [line.split() for line in ended.out.splitlines() if line.strip()]
    assert rows[0] == ["family", "kernels", "ported", "drifted", "missing"]
    assert ["dequantize", "2", "1", "0", "1"] in rows
    assert ["mul_mat_q8_1", "1", "0", "0", "1"] in rows
    assert ["other", "kernels", "1", "0", "1", "0"] in rows
    assert ["all", "4", "1", "1", "2"] in rows
    assert ended.out.splitlines()[-1].startswith("1 of 4 ported")
    assert "parsed cuda/all.cu: 4 kernels" in ended.err


def test_second_scan_parses_nothing(scanned: Kerntrack) -> None:
    ended = scanned("scan", "--json")
    assert json.loads(ended.out)["scan"]["parsed"] == 0
    assert "unchanged hip/port.hip: 3 kernels" in ended.err
    assert json.loads(scanned("scan", "--again", "--json").out)["scan"]["parsed"] == 2


def test_progress_is_counted_in_lines_too(scanned: Kerntrack, project: Path) -> None:
    assert "1 of 4 ported (2 of 10 lines)" in scanned("status").out
    assert "8 of 10 lines of CUDA kernels are not ported" in scanned("gap").out
    assert json.loads(scanned("gap", "--json").out)["totals"]["lines"] == {"ported": 2, "drifted": 3, "missing": 5}
    scanned("compile", "arch:gfx1100")
    shown = scanned("status").out
    (line,) = (line for line in shown.splitlines() if line.split()[:1] == ["compiled"])
    assert line.split()[1:] == ["0", "%", "/", "0", "%", "50", "%", "/", "50", "%"]
    phases = json.loads(scanned("status", "--json").out)["totals"]["phases"]
    assert {"name": "compiled", "arch": "gfx1100", "done": 2, "total": 4, "lines": 5, "of_lines": 10} in phases


def test_an_old_recording_does_not_know_lines(scanned: Kerntrack, project: Path) -> None:
    scanned("scan", "--record", "k.json")
    recording = json.loads((project / "k.json").read_text())
    recording["schema"] = 2
    for kernel in recording["files"][0]["kernels"]:
        del kernel["lines"]
    (project / "k.json").write_text(json.dumps(recording))
    (project / "kerntrack.toml").write_text('baselines = ["k.json"]\nhip = ["hip"]\n')
    assert scanned("scan").out.splitlines()[-1].startswith("1 of 4 ported, 1 drifted")
    assert json.loads(scanned("gap", "--json").out)["totals"]["lines"] is None
    assert json.loads(scanned("status", "--json").out)["totals"]["phases"][0]["lines"] is None


def test_status_golden_csv_and_markdown(scanned: Kerntrack) -> None:
    assert scanned("status", "--format", "csv").out == (GOLDEN / "status.csv").read_text()
    assert scanned("status", "--format", "md").out == (GOLDEN / "status.md").read_text()


def test_status_golden_json(scanned: Kerntrack) -> None:
    ended = scanned("status", "--json", "dequantize_block_q5_1_f16,scale", "arch:gfx90a")
    assert json.loads(ended.out) == json.loads((GOLDEN / "status.json").read_text())


def test_table_has_the_same_cells(scanned: Kerntrack) -> None:
    rows = list(csv.DictReader(io.StringIO(scanned("status", "--format", "csv").out)))
    table = scanned("status", "--all").out.splitlines()
    for row in rows:
        (line,) = (line for line in table if line.split()[:1] == [row["kernel"]])
        assert [word for word in line.split() if word.isalpha()] == [
            *([row["kernel"]] if row["kernel"].isalpha() else []),
            row["port"],
            row["gfx90a"],
            row["gfx1100"],
        ]


def test_gap_golden_csv(scanned: Kerntrack) -> None:
    assert scanned("gap", "--format", "csv").out == (GOLDEN / "gap.csv").read_text()


def test_gap_counts(scanned: Kerntrack) -> None:
    totals = json.loads(scanned("gap", "--json").out)["totals"]
    assert totals["kernels"] == {"ported": 1, "drifted": 1, "missing": 2}
    assert totals["structs"] == {"present": 0, "missing": 1, "replaced": 0, "unused": 0}
    assert totals["helpers"] == {"present": 0, "missing": 1, "replaced": 0, "unused": 1}
    screen = scanned("gap").out
    assert "1 of 1 block structures missing" in screen
    assert "1 of 2 helper functions missing" in screen


def test_show_tells_both_sides(scanned: Kerntrack) -> None:
    out = scanned("show", "dequantize_block_q5_1_f32").out
    assert "CUDA  cuda/all.cu:9, macro DEQUANTIZE at cuda/all.cu:7" in out
    assert "HIP   hip/port.hip:3" in out
    assert "dequantize_block_q5_1_f32(const void * vx, float * y, int k)" in out


def test_changed_sources_are_announced(scanned: Kerntrack, project: Path) -> None:
    port = project / "hip" / "port.hip"
    port.write_text(port.read_text().replace("double factor", "float factor"))
    ended = scanned("status")
    assert "1 scanned file has changed since (hip/port.hip)" in ended.err
    assert scanned("scan").out.splitlines()[-1].startswith("2 of 4 ported")
    assert scanned("status").err.find("changed") == -1


def test_given_paths_replace_those_of_the_file(scanned: Kerntrack, project: Path) -> None:
    other = project / "other.cu"
    other.write_text('extern "C" __global__ void mul_mat_q5_0(float * x) { x[0] = 1; }\n')
    assert scanned("scan", "--cuda", other).out.splitlines()[-1].startswith("0 of 1 ported")


def test_without_a_file_the_last_scan_is_repeated(kerntrack: Kerntrack, project: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    paths = ("--cuda", project / "cuda" / "all.cu", "--hip", project / "hip")
    assert kerntrack("scan", *paths, folder=empty).code == 0
    ended = kerntrack("scan", folder=empty)
    assert (ended.code, ended.out.splitlines()[-1][:13]) == (0, "1 of 4 ported")
    assert (empty / ".kerntrack" / "kerntrack.db").exists()


def test_several_words_after_an_option(kerntrack: Kerntrack, project: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (project / f"{name}.cu").write_text(f'extern "C" __global__ void {name}(float * x) {{ x[0] = 1; }}\n')
    ended = kerntrack("scan", "--cuda", project / "a.cu", project / "b.cu", "--json")
    assert json.loads(ended.out)["totals"]["kernels"] == 2


def test_recording_and_reading_it_back(scanned: Kerntrack, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    ended = scanned("scan", "--record", file, "--origin", "me/repo@abc")
    assert ended.code == 0 and "recorded 4 kernels of 1 files" in ended.err
    assert "twice(k)" not in file.read_text()
    assert scanned("scan", "--record", file).code == 2
    (project / "kerntrack.toml").write_text(f'baselines = ["{file}"]\nhip = ["hip"]\n')
    assert scanned("scan").out.splitlines()[-1].startswith("1 of 4 ported")
    assert "me/repo@abc" in scanned("show", "scale").out


def test_deleted_source_is_forgotten(scanned: Kerntrack, project: Path) -> None:
    more = '#include <hip/hip_runtime.h>\nextern "C" __global__ void mul_mat_q4_0(int * x) { x[0] = 1; }\n'
    (project / "hip" / "more.hip").write_text(more)
    assert "2 drifted" in scanned("scan").out
    (project / "hip" / "more.hip").unlink()
    assert "1 drifted" in scanned("scan").out


def test_order_of_the_matrix_outlives_an_edit(scanned: Kerntrack, project: Path) -> None:
    (project / "cuda" / "zz.cu").write_text('extern "C" __global__ void last(float * x) { x[0] = 1; }\n')
    scanned("scan")
    before = scanned("status", "--format", "csv").out
    first = project / "cuda" / "all.cu"
    first.write_text(first.read_text() + "\n// edited\n")
    scanned("scan")
    assert scanned("status", "--format", "csv").out == before


def test_first_of_several_recordings_counts(scanned: Kerntrack, project: Path, tmp_path: Path) -> None:
    for name in ("old", "new"):
        scanned("scan", "--record", tmp_path / f"{name}.json", "--origin", f"me/repo@{name}")
        source = project / "cuda" / "all.cu"
        source.write_text("// a line more\n" + source.read_text())
    for order, line in ((("old", "new"), 16), (("new", "old"), 17)):
        names = ", ".join(f'"{tmp_path / name}.json"' for name in order)
        (project / "kerntrack.toml").write_text(f'baselines = [{names}]\nhip = ["hip"]\n')
        assert scanned("scan").out.splitlines()[-1].startswith("1 of 4 ported")
        assert f"all.cu:{line} of me/repo@{order[0]}" in scanned("show", "scale").out


def test_a_scan_killed_before_pairing_is_made_good_by_the_next(scanned: Kerntrack, project: Path) -> None:
    port = project / "hip" / "port.hip"
    port.write_text(port.read_text().replace("double factor", "float factor"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.actions.reading.pair_up", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert scanned("scan").code == 130
    assert scanned("scan").out.splitlines()[-1].startswith("2 of 4 ported")
