"""A PostgreSQL server of the tests' own, on loopback, run by an unprivileged user from a temporary folder."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests.access import let_everyone_in

WANTED = "KERNTRACK_TEST_POSTGRES"
"""Environment variable that asks for the second run of the database tests (`make test-postgres` sets it)."""
NOBODY = 65534
STARTS = 30.0
_NUMBER = count()


def programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps it out of PATH."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).parent if found else installed[-1].parent if installed else None


class Server:
    """A running server. `password` is needed to connect."""

    def __init__(self, port: int, password: str) -> None:
        self.password = password
        self._place = f"{{user}}:{{password}}@127.0.0.1:{port}"

    def address(self, database: str, password: str | None = None) -> str:
        """The address of a database as a user writes it."""
        login = self._place.format(user="team", password=password or self.password)
        return f"postgresql+psycopg://{login}/{database}"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"test{next(_NUMBER)}"
        with psycopg.connect(self._plain("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name}")  # type: ignore[arg-type]
        return self.address(name)

    def _plain(self, database: str) -> str:
        return self.address(database).replace("+psycopg", "")


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server with its data under `folder`, stopped at the end."""
    binaries = programs()
    assert binaries
    let_everyone_in(folder)
    data, password = folder / "data", secrets.token_urlsafe(16)
    (folder / "password").write_text(password)
    data.mkdir()
    user: dict[str, int] = {}
    if os.getuid() == 0:  # the server refuses to run as root
        user = {"user": NOBODY, "group": NOBODY}
        os.chown(data, NOBODY, NOBODY)
        os.chown(folder / "password", NOBODY, NOBODY)
    options = ["--username=team", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256", "--encoding=UTF8"]
    initdb = [binaries / "initdb", "-D", data, "--no-sync", "--locale=C.UTF-8", *options]
    subprocess.run(initdb, check=True, capture_output=True, cwd=data, extra_groups=[] if user else None, **user)
    port = _free_port()
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "max_connections": "60"}
    command = [binaries / "postgres", "-D", data, "-p", str(port)]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=data, extra_groups=[] if user else None, **user)
    try:
        server = Server(port, password)
        _wait(server, process, folder / "log")
        yield server
    finally:
        process.terminate()  # "smart" shutdown would wait for clients
        process.send_signal(2)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS
    while True:
        try:
            psycopg.connect(server.address("postgres").replace("+psycopg", ""), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
