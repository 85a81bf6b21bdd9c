"""The host's end of a fork-server: starting it, asking it for workers, reaping them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sealift.sandbox.byte_code import write_missing
from sealift.worker.protocol import ANSWER, ORDER, READY

START_SECONDS = 30.0
"""How long a fork-server may take to load the language: generous, because nothing of a pack runs in it."""
END_SECONDS = 5.0
"""How long a fork-server may take to kill its workers and end, before it is killed itself."""
LIBRARIES = ("sealift", "RestrictedPython", "msgspec", "tzdata")
"""Top-level modules a worker may load besides the standard library; those that are not installed are left out."""
_LOADED_BY_WORKERS = frozenset({"RestrictedPython"})
"""Those that no host imports."""

_QUIETLY = getattr(socket, "MSG_NOSIGNAL", 0)
"""A fork-server that is gone is an error, not a signal."""


class StartError(Exception):
    """A fork-server or worker could not be started; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a fork-server is started."""

    program: Path
    pins: Mapping[str, str]
    """The folder of each library."""
    arguments: tuple[str, ...] = ()
    interpreter: str = sys.executable

    def command(self, descriptor: int) -> Sequence[str]:
        """Return the command line: no site, no user folder, no current folder, no bytecode written."""
        pins = [f"{name}={folder}" for name, folder in self.pins.items()]
        return [self.interpreter, "-P", "-s", "-S", "-B", str(self.program), str(descriptor), *pins, *self.arguments]


def default_launch() -> Launch:
    """Return how the real worker is started with the libraries of this environment."""
    import sealift.worker

    home, found = Path(sealift.worker.__path__[0]), pins(LIBRARIES)
    write_missing([home, *(Path(folder) / name for name, folder in found.items() if name in _LOADED_BY_WORKERS)])
    return Launch(program=home / "__main__.py", pins=found)


def pins(libraries: Sequence[str]) -> dict[str, str]:
    """Return the folder that each installed library lies in."""
    found = {}
    for name in libraries:
        spec = find_spec(name)
        if spec and spec.origin:
            home = Path(spec.origin)
            found[name] = str(home.parent.parent if spec.submodule_search_locations else home.parent)
    return found


def environment(seed: int) -> dict[str, str]:
    """Return the whole environment of a worker: nothing of the host's reaches it."""
    return {"PYTHONHASHSEED": str(seed), "TZ": "UTC0", "LC_ALL": "C.UTF-8"}


class ForkServer:
    """One fork-server process. Thread-safe. Raises StartError; ends every worker of its own when it is closed.

    It loads the language while its host does other things: only the first ``spawn`` waits until it has, and tells why
    it failed.
    """

    def __init__(self, launch: Launch, seed: int) -> None:
        self._mutex = threading.Lock()
        self._ready = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = self._start(launch, seed, theirs)

    def _start(self, launch: Launch, seed: int, theirs: socket.socket) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - our own interpreter with our own program
                launch.command(theirs.fileno()),
                env=environment(seed),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            message = f"the interpreter {launch.interpreter!r} could not be started: {error}"
            raise StartError(message) from error

    def _await_ready(self) -> None:
        """Wait until the language is loaded; a server that did not manage it never gets another order."""
        if self._ready:
            return
        self._control.settimeout(START_SECONDS)
        try:
            said = self._control.recv(4096)
        except TimeoutError:
            said = b"it did not become ready"
        if said != READY:
            self.close()
            reason = said.decode("utf-8", "replace") or "it ended at once"
            message = f"the fork-server failed: {reason}"
            raise StartError(message)
        self._ready = True

    def spawn(self, reading: int, writing: int, memory_bytes: int, cpu_seconds: int) -> int:
        """Fork a worker that owns these two pipe ends; return its process id."""
        with self._mutex:
            try:
                self._await_ready()
                order = ORDER.pack(memory_bytes, cpu_seconds, 0)
                # Not ``socket.send_fds``: Python 3.11 leaves its flags out.
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [reading, writing]))
                self._control.sendmsg([order], [rights], _QUIETLY)
                return self._answer()
            except OSError as error:
                message = f"the fork-server is gone: {error}"
                raise StartError(message) from error

    def end(self, worker: int) -> int | None:
        """Kill the worker unless it ended by itself; return its wait status, ``None`` when the server is gone.

        The process id is the worker's until this returns, because only the server can reap it.
        """
        with self._mutex:
            try:
                os.kill(worker, signal.SIGKILL)
                self._control.sendall(ORDER.pack(0, 0, worker), _QUIETLY)
                return self._answer()
            except (OSError, StartError):
                return None

    def _answer(self) -> int:
        data = b""
        while len(data) < ANSWER.size:
            chunk = self._control.recv(ANSWER.size - len(data))
            if not chunk:
                message = "the fork-server is gone"
                raise StartError(message)
            data += chunk
        number, value = ANSWER.unpack(data)
        if number:
            message = f"no worker could be forked: {os.strerror(number)}"
            raise StartError(message)
        return int(value)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Say that no more is wanted: the server then kills its workers and ends. One still loading is just killed."""
        if not self._ready:
            self._process.kill()
        with contextlib.suppress(OSError):  # closed before
            self._control.settimeout(END_SECONDS)
            self._control.shutdown(socket.SHUT_WR)
            while self._control.recv(4096):
                """Only its end says that it is done: sooner than asking for its exit status again and again."""
        self._control.close()
        try:
            self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
