"""The project: `kerntrack.toml` of the nearest parent folder, or nothing but defaults."""

import os
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from db.address import Address, is_server, server
from db.errors import DatabaseError
from db.views import Acknowledgement
from tracker.errors import UsageError
from tracker.limits import DEFAULT, TABLE, Limits

FILE_NAME = "kerntrack.toml"
TEXT = "utf-8-sig"
"""How it is read: some editors begin a file with a byte order mark."""
STATE_FOLDER = ".kerntrack"
DATABASE = f"{STATE_FOLDER}/kerntrack.db"
DATABASE_VARIABLE = "KERNTRACK_DATABASE"
"""Environment variable that counts before what the file says: an address may hold a password."""
CLUSTER_VARIABLE = "KERNTRACK_CLUSTER"
"""Environment variable that counts before the file's `cluster`."""
HERE = "local"
"""In place of a cluster's address: this machine."""
DEFAULT_ARCHS = ("gfx90a", "gfx1030", "gfx1100")
DEFAULT_RENAME = {"_cuda": "_hip"}


def processors() -> int:
    """Processors that this program may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Project:
    """What kerntrack looks at and where it keeps what it finds. All paths are absolute."""

    root: Path
    """Paths in facts and messages are relative to this folder."""
    config: Path | None
    """The file that was read, None when defaults hold."""
    database: Address
    cuda: tuple[Path, ...] = ()
    baselines: tuple[Path, ...] = ()
    """Recorded inventories for the CUDA side, the first one that has a symbol counts."""
    hip: tuple[Path, ...] = ()
    rust: tuple[Path, ...] = ()
    """Rust sources that ask for kernels by name."""
    ignore: tuple[str, ...] = ()
    """Patterns of what is passed over in folders of sources, see `tracker.scan.sources.is_ignored`."""
    include: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    archs: tuple[str, ...] = DEFAULT_ARCHS
    rename: tuple[tuple[str, str], ...] = tuple(DEFAULT_RENAME.items())
    """(regular expression in a CUDA name, what stands there in the HIP name)."""
    cache: Path = Path()
    toolchain: str | None = None
    limits: Limits = DEFAULT
    jobs: int = field(default_factory=processors)
    """Compilers or emulators that run at the same time."""
    cluster: str | None = None
    """The scheduler whose workers build, check and time where nothing else is said; None for this machine."""
    acknowledgements: tuple[Acknowledgement, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    """Keys of the TUI by action, see `tracker.tui.keymap`."""


def load_project(start: Path) -> Project:
    """The project that `start` (an existing folder) lies in.

    The nearest folder upwards with a `kerntrack.toml`, or with the state of an earlier scan, is its root; without
    either, `start` itself. Raises UsageError naming file and key when the file cannot be used.
    """
    start = start.resolve()
    if not start.is_dir():
        raise UsageError(f"{start}: not a folder", "give -C an existing folder")
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return _from_file(folder / FILE_NAME)
        if (folder / DATABASE).is_file():
            return _defaults(folder)
    return _defaults(start)


def _defaults(root: Path) -> Project:
    database = database_address(DATABASE, root)
    return Project(root=root, config=None, database=database, cache=default_cache(), cluster=cluster_address(None))


def database_address(text: str, folder: Path) -> Address:
    """A configured database, unless the environment names another: an address, or a file below `folder`.

    Raises UsageError for an address of an engine that is not supported.
    """
    named = os.environ.get(DATABASE_VARIABLE)
    return address(named, Path.cwd()) if named else address(text, folder)


def cluster_address(text: str | None) -> str | None:
    """A configured cluster, unless the environment names another; None for this machine."""
    named = os.environ.get(CLUSTER_VARIABLE) or text
    return None if named == HERE else named


def address(text: str, folder: Path) -> Address:
    """A database as a user writes it; files relative to `folder`. Raises UsageError as `database_address` does."""
    try:
        return server(text) if is_server(text) else (folder / Path(text).expanduser()).resolve()
    except DatabaseError as error:
        raise UsageError(error.message, error.remedy) from error


def default_cache() -> Path:
    """The build cache in the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("kerntrack", appauthor=False) / "builds"


def _from_file(file: Path) -> Project:
    try:
        table = tomllib.loads(file.read_text(encoding=TEXT))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}", "correct the file, or write a new one with `kerntrack init`") from error
    for key, value in table.items():
        _check(file, key, value)
    root = file.parent
    paths = _Paths(root)
    return Project(
        root=root,
        config=file,
        database=database_address(table.get("database", DATABASE), root),
        cuda=paths.all(table.get("cuda", [])),
        baselines=tuple(_baseline(file, paths, name) for name in table.get("baselines", [])),
        hip=paths.all(table.get("hip", [])),
        rust=paths.all(table.get("rust", [])),
        ignore=tuple(table.get("ignore", [])),
        include=paths.all(table.get("include", [])),
        defines=tuple(table.get("defines", [])),
        archs=_archs(file, table.get("archs", DEFAULT_ARCHS)),
        rename=tuple(table.get("rename", DEFAULT_RENAME).items()),
        cache=paths.one(table["cache"]) if table.get("cache") else default_cache(),
        toolchain=table.get("toolchain") or None,
        limits=Limits(**table.get(TABLE, {})),
        jobs=table.get("jobs") or processors(),
        cluster=cluster_address(table.get("cluster")),
        acknowledgements=tuple(_acknowledgement(each) for each in table.get("acknowledge", [])),
        keys=tuple(table.get("keys", {}).items()),
    )


class _Paths:
    """Paths as written in the file: relative to its folder, `~` is the user's home."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def one(self, text: str) -> Path:
        return (self._root / Path(text).expanduser()).resolve()

    def all(self, texts: list[str]) -> tuple[Path, ...]:
        return tuple(self.one(text) for text in texts)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0


def _are_seconds(value: object) -> bool:
    return isinstance(value, dict) and all(type(each) in (int, float) and each > 0 for each in value.values())


def _is_acknowledgements(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_acknowledgement, value))


def _is_acknowledgement(value: object) -> bool:
    if not isinstance(value, dict) or not {"rule", "code", "reason"} <= value.keys():
        return False
    kernel = value.get("kernel", "")
    rest = [each for key, each in value.items() if key in ("rule", "file", "code", "reason")]
    return value.keys() <= {*ACKNOWLEDGEMENT} and all(map(_is_text, rest)) and (_is_text(kernel) or _is_texts(kernel))


def _acknowledgement(table: Mapping[str, Any]) -> Acknowledgement:
    kernel = table.get("kernel", [])
    kernels = (kernel,) if isinstance(kernel, str) else tuple(kernel)
    return Acknowledgement(table["rule"], kernels, table.get("file", ""), table["code"], table["reason"])


ACKNOWLEDGEMENT = ("rule", "kernel", "file", "code", "reason")
KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "cuda": (_is_texts, "a list of files and folders"),
    "baselines": (_is_texts, "a list of names or files"),
    "hip": (_is_texts, "a list of files and folders"),
    "rust": (_is_texts, "a list of files and folders"),
    "ignore": (_is_texts, "a list of patterns such as third_party/*"),
    "include": (_is_texts, "a list of folders"),
    "defines": (_is_texts, "a list of NAME or NAME=VALUE"),
    "archs": (_is_texts, "a list of architectures"),
    "rename": (_is_table, "a table of texts"),
    "acknowledge": (_is_acknowledgements, f"tables [[acknowledge]] of texts: {', '.join(ACKNOWLEDGEMENT)}"),
    "keys": (_is_table, "a table of the TUI's actions and their keys"),
    "jobs": (_is_count, "a whole number of at least 1"),
    TABLE: (_are_seconds, "a table of seconds, each more than 0"),
    "database": (_is_text, "a file, or the address of a PostgreSQL database"),
    "cluster": (_is_text, f"the address of a Dask scheduler, tls://HOST:PORT, or {HERE}"),
    "cache": (_is_text, "a folder"),
    "toolchain": (_is_text, "the name of a toolchain that `kerntrack doctor` lists"),
}
"""Every key of the file: its test and what it must be."""


def _check(file: Path, key: str, value: Any) -> None:
    _check_known(file, key, KEYS)
    accepts, what = KEYS[key]
    if not accepts(value):
        raise UsageError(f"{file}: {_line(file, key)}'{key}' must be {what}", f"it is {value!r}")
    for name in value if key == TABLE else ():
        _check_known(file, name, [each.name for each in fields(Limits)])


def _check_known(file: Path, key: str, known: Collection[str]) -> None:
    if key not in known:
        near = get_close_matches(key, known, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
        raise UsageError(f"{file}: {_line(file, key)}unknown key '{key}'", remedy)


def _line(file: Path, key: str) -> str:
    """Where the key stands, as the beginning of a message; tomllib does not tell."""
    for number, line in enumerate(file.read_text(encoding=TEXT).splitlines(), start=1):
        if line.lstrip(" [").split("=")[0].rstrip(" ]") == key:
            return f"line {number}: "
    return ""


def _archs(file: Path, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    from tracker.build.archs import get_arch

    try:
        return tuple(dict.fromkeys(get_arch(name).name for name in names))
    except UsageError as error:
        raise UsageError(f"{file}: {_line(file, 'archs')}{error.message}", error.remedy) from error


def _baseline(file: Path, paths: _Paths, name: str) -> Path:
    """A JSON file, or the name of one of the recordings shipped with kerntrack."""
    from kernels import BASELINES

    if name.endswith(".json"):
        return paths.one(name)
    shipped = {path.stem: path for path in BASELINES.glob("*.json")}
    if name not in shipped:
        near = get_close_matches(name, shipped, n=3, cutoff=0.3) or sorted(shipped)
        where = f"{file}: {_line(file, 'baselines')}"
        raise UsageError(
            f"{where}no recorded inventory '{name}'", f"shipped are {', '.join(near)}; or name a .json file"
        )
    return shipped[name]
