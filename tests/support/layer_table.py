"""Every probe of ``kernel_probes`` under each kernel layer alone; started as a program, it prints the table.

The worker has given up root and its capabilities in all of them, and probes that would leave something behind, or act
on a process that is not theirs, have a harmless form here: no probe can change the machine, whatever lets it through.
"""

import contextlib
import os
import socket
import subprocess
import tempfile
from pathlib import Path

from cage_kit import QUICK, kind, plain_cage, probe_unit
from kernel_probes import HARMLESS, PROBES
from sealift.errors.run import ProtocolViolationError, WorkerDiedError, WorkerTimeoutError
from sealift.model.isolation import IsolationLevel

TABLE = Path(__file__).parents[1] / "security" / "layers.md"
KERNEL = ("limits", "execute", "landlock", "files", "seccomp")
LAYERS = {"seccomp": {"seccomp"}, "Landlock": {"landlock"}, "rlimits": {"limits", "files"}, "MDWE": {"execute"}}
"""The columns, and the steps of the lock-down that are left in for each."""
THROUGH = "-"

CHECKED = """
class Checked:
    def __init__(self, library):
        self.library = library
    def __getattr__(self, name):
        function = getattr(self.library, name)
        function.restype = ctypes.c_long
        def call(*arguments):
            result = function(*arguments)
            if result == -1:
                raise OSError(ctypes.get_errno(), name)
            return result
        return call
syscall_number = libc.syscall
libc = Checked(libc)
def syscall(*arguments):
    return libc.syscall(*[ctypes.c_long(item) for item in arguments])
"""
"""A library whose failures are exceptions: what got through has to look different from what did not."""

IN_ITS_CHILD = "if pid == 0: os._exit(0)\nos.waitpid(pid, 0)"
HARMLESSLY = {
    "L05-fork": f"pid = os.fork()\n{IN_ITS_CHILD}",
    "L05-forkpty": f"pid, terminal = os.forkpty()\n{IN_ITS_CHILD}",
    "L05-clone": f"pid = syscall(56, 17, 0, 0, 0, 0)\n{IN_ITS_CHILD}",
    "L05-spawn": "os.waitpid(os.posix_spawn('/bin/true', ['true'], {{}}), 0)",
    "L05-subprocess": "subprocess.run(['/bin/true'], close_fds=False)",
    "L07-mmap-fixed": "libc.mmap(ctypes.c_void_p(1 << 40), 4096, 3, 0x100022, -1, 0)",  # replaces nothing
    "L10-shm": "got = libc.shmctl(libc.shmget(0, 4096, 0o1600), 0, None)",
    "L10-messages": "got = libc.msgctl(libc.msgget(0, 0o1600), 0, None)",
    "L10-semaphores": "got = libc.semctl(libc.semget(0, 1, 0o1600), 0, 0)",
    "L10-close": "os.close(os.dup(3))",
    "L10-fcntl": "os.get_blocking(3)",
    "L10-dup2": "os.close(os.dup2(3, 9))",
}
"""Where the probe itself would not do without the filter: it would leave something, or break what answers us."""
LEFT_OUT = {
    *HARMLESS, "L02-access",  # it says no either way
    "L10-splice", "L10-sendfile", "L10-read-output", "L10-readv", "L10-write-input",  # would take or spoil the frames
    "L05-vfork",  # its child would return on the stack of its parent
    "L10-poll", "L10-select",  # wait for ever, or answer nothing, where they are allowed
}  # fmt: skip
"""Probes that make no sense, or no answer, without the filter."""


MORE = {
    "L04-tcp-connect": "socket.create_connection(('127.0.0.1', 1), 5)",
    "L04-abstract-connect": "s = socket.socket(socket.AF_UNIX); s.connect(chr(0) + '{abstract}')",
    "R05-memory": "data = bytearray(512 << 20)",
}
"""What only one of the other layers is for."""


def names():
    """Return the probes of the table."""
    return [name for name in (*PROBES, *MORE) if name not in LEFT_OUT]


@contextlib.contextmanager
def victims():
    """Run a process and listen on an address that belong to the test, for probes that look for others."""
    name = f"sealift-test-{os.getpid()}"
    process = subprocess.Popen(["/bin/sleep", "600"])
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("\0" + name)
            server.listen(64)
            yield {"parent": process.pid, "abstract": name}
    finally:
        process.kill()
        process.wait()


class Cages:
    """One cage for each layer alone, and one without any, opened when they are asked for."""

    def __init__(self):
        self._open = {}

    def get(self, steps):
        """Return the cage in which these steps are the only ones of the kernel's."""
        key = frozenset(steps)
        if key not in self._open:
            drops = [f"--drop={name}" for name in KERNEL if name not in key]
            self._open[key] = plain_cage(*drops, accept=IsolationLevel.NONE)
        return self._open[key]

    def close(self):
        """End them."""
        for cage in self._open.values():
            cage.close()


def came_of(cage, name, folder, others):
    """Return what comes of a probe, in a folder that may be spoilt."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    (folder / "kept").write_text("as it was")
    folder.chmod(0o777)
    body = (MORE.get(name) or HARMLESSLY.get(name) or PROBES[name][0]).format(tmp=folder, **others)
    session = cage.open(probe_unit(body, CHECKED), QUICK)
    try:
        session.send([b'{"probe":true}'])
        said = kind(session.receive()[0])
        return "done" if said.startswith('{"got":') else said.split(":")[0]
    except WorkerDiedError as error:
        return error.signal or "ended"
    except WorkerTimeoutError:
        return "timeout"
    except ProtocolViolationError:
        return "spoilt frames"
    finally:
        session.close()


def row(cages, name, folder, others):
    """Return what comes of a probe under each layer alone, and without any."""
    return [came_of(cages.get(steps), name, folder, others) for steps in (*LAYERS.values(), ())]


def facts():
    """Return what a worker says of its lock here."""
    with plain_cage(accept=IsolationLevel.NONE) as cage:
        return cage.measure(QUICK).facts


HEAD = """# What each kernel layer stops alone

Every probe of `support/kernel_probes.py`, in a worker that gave up root and its capabilities and in which no other
layer of the kernel's is in force. A cell says what came of it; `-` means that the layer does not stop it: it ended as
in the last column, which is without any layer. What ends there with an error was refused by the kernel itself: by the
user, the missing capabilities, or the arguments. Probes whose own form would do harm without the filter have another
one (`support/layer_table.py`). Made by `python tests/support/layer_table.py`; `security/cage/test_layer_table.py` looks
at every cell that is not `-`.

"""


def table():
    """Return the file."""
    said = facts()
    lines = [f"Linux {os.uname().release}, {os.uname().machine}, Landlock ABI {said['landlock']}.\n"]
    lines += [f"| probe | {' | '.join(LAYERS)} | without any |", "|---" * (len(LAYERS) + 2) + "|"]
    cages = Cages()
    with tempfile.TemporaryDirectory() as folder, victims() as others:
        for name in names():
            *cells, none = row(cages, name, Path(folder), others)
            shown = [THROUGH if cell == none else cell for cell in cells]
            lines.append(f"| {name} | {' | '.join(shown)} | {none} |")
    cages.close()
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
