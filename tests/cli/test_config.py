"""kerntrack.toml: where it is found, what it says, and what is said about mistakes in it."""

from pathlib import Path

import pytest

from tracker.config import DEFAULT_ARCHS, KEYS, load_project
from tracker.errors import UsageError

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kerntrack.toml").write_text(text)
    return folder


def test_defaults_without_a_file(tmp_path: Path) -> None:
    project = load_project(tmp_path)
    assert (project.root, project.config, project.archs) == (tmp_path, None, DEFAULT_ARCHS)
    assert project.database == tmp_path / ".kerntrack" / "kerntrack.db"


def test_paths_are_relative_to_the_file_and_the_nearest_file_wins(tmp_path: Path) -> None:
    write(tmp_path, 'hip = ["outer"]')
    inner = write(tmp_path / "a", 'hip = ["port"]\ncuda = ["/else/where.cu"]\ndatabase = "state.db"')
    (inner / "b").mkdir()
    project = load_project(inner / "b")
    assert project.root == inner
    assert project.hip == (inner / "port",)
    assert project.cuda == (Path("/else/where.cu"),)
    assert project.database == inner / "state.db"


def test_state_of_an_earlier_scan_marks_the_root(tmp_path: Path) -> None:
    (tmp_path / ".kerntrack").mkdir()
    (tmp_path / ".kerntrack" / "kerntrack.db").touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert load_project(tmp_path / "deep" / "er").root == tmp_path


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ('\nhipp = ["x"]', "line 2: unknown key 'hipp'", "did you mean 'hip'?"),
        ("[renames]\na = 'b'", "line 1: unknown key 'renames'", "did you mean 'rename'?"),
        ("fonts = 1", "unknown key 'fonts'", "known keys: cuda"),
        ("ignore = 'x/*'", "'ignore' must be a list of patterns", "'x/*'"),
        ("hip = 'port'", "'hip' must be a list of files and folders", "'port'"),
        ('[[acknowledge]]\nrule = "dp4a"', "line 1: 'acknowledge' must be tables", "dp4a"),
        ("hip = [", "kerntrack.toml: ", "kerntrack init"),
        ('\n\narchs = ["gfx1101", "gfx91a"]', "line 3: unknown architecture 'gfx91a'", "gfx90a"),
        ("\n[limits]\ncompil = 3", "line 3: unknown key 'compil'", "did you mean 'compile'?"),
        ("jobs = 0", "line 1: 'jobs' must be a whole number of at least 1", "it is 0"),
        ("[limits]\ncheck = 0", "line 1: 'limits' must be a table of seconds, each more than 0", "{'check': 0}"),
        ("[limits]\nlaunch = true", "'limits' must be a table of seconds", "{'launch': True}"),
        ('baselines = ["candle-nowhere"]', "line 1: no recorded inventory 'candle-nowhere'", ".json"),
    ],
)
def test_mistakes_name_file_line_and_remedy(tmp_path: Path, text: str, message: str, remedy: str) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_project(tmp_path)
    assert str(tmp_path / "kerntrack.toml") in caught.value.message
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        load_project(tmp_path / "nowhere")


def test_no_key_of_the_shipped_file_is_unexplained() -> None:
    text = (ROOT / "kerntrack.toml").read_text()
    for key in ("cuda", "baselines", "hip", "archs", "rename"):
        assert key in KEYS
        assert key in text


def test_the_environment_counts_before_the_files_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERNTRACK_CLUSTER", raising=False)
    assert load_project(tmp_path).cluster is None
    write(tmp_path, 'cluster = "tls://rack:8786"')
    assert load_project(tmp_path).cluster == "tls://rack:8786"
    monkeypatch.setenv("KERNTRACK_CLUSTER", "tls://other:8786")
    assert load_project(tmp_path).cluster == "tls://other:8786"
    monkeypatch.setenv("KERNTRACK_CLUSTER", "local")
    assert load_project(tmp_path).cluster is None
