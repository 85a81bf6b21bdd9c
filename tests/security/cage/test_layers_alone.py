"""Each kernel layer alone, and the canary: without the layer the same probe goes through.

The probes are harmless where nothing stops them, and the worker has given up root and its capabilities in all of
them: no test here can change the machine. Outcomes differ by layer (EACCES, EMFILE, EAGAIN, SIGSYS), which shows
that it was this layer, and no other, that answered.
"""

import os
import socket

import pytest

from cage_kit import QUICK, outcome, plain_cage, probe_unit
from sealift.model.isolation import IsolationLevel

LAYERS = ("limits", "execute", "landlock", "files", "seccomp")
EPERM, EACCES, EAGAIN, EINVAL = "errno 1", "errno 13", "errno 11", "errno 22"
EMFILE, REFUSED = "errno 24", "errno 111"
REPLACED = "another program ran"
DONE, SIGSYS = '{"got":"done"}', "SIGSYS"

LIST = "os.listdir('/')"
READ = "open('/dev/zero', 'rb').close()"
UDP = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()"
TCP = "socket.create_connection(('127.0.0.1', 1), 5)"
ABSTRACT = "s = socket.socket(socket.AF_UNIX); s.connect(chr(0) + '{abstract}')"
PIPE = "os.close(os.pipe()[0])"
DUP = "os.close(os.dup(3))"
FORK = "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)"
EXEC = "os.execv('/bin/true', ['true'])"
EXECUTABLE = "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()"
GROW = "data = bytearray(512 << 20)"
UNAME = "os.uname()"
STAT = "os.stat('/')"

ALONE = [
    ("seccomp", LIST, EPERM, DONE),
    ("seccomp", READ, EPERM, DONE),
    ("seccomp", STAT, EPERM, DONE),
    ("seccomp", UDP, SIGSYS, DONE),
    ("seccomp", TCP, SIGSYS, REFUSED),
    ("seccomp", ABSTRACT, SIGSYS, DONE),
    ("seccomp", PIPE, SIGSYS, DONE),
    ("seccomp", DUP, SIGSYS, DONE),
    ("seccomp", FORK, SIGSYS, DONE),
    ("seccomp", EXEC, SIGSYS, REPLACED),
    ("seccomp", EXECUTABLE, SIGSYS, DONE),
    ("seccomp", UNAME, SIGSYS, DONE),
    ("landlock", LIST, EACCES, DONE),
    ("landlock", READ, EACCES, DONE),
    ("landlock", EXEC, EACCES, REPLACED),
    ("files", LIST, EMFILE, DONE),
    ("files", READ, EMFILE, DONE),
    ("files", UDP, EMFILE, DONE),
    ("files", TCP, EMFILE, REFUSED),
    ("files", PIPE, EMFILE, DONE),
    ("files", DUP, EINVAL, DONE),
    ("limits", FORK, EAGAIN, DONE),
    ("limits", GROW, "memory: out of memory", DONE),
]
"""Layer, probe, what comes of it under this layer alone, and without any."""

BY_ABI = [(4, "landlock", TCP, EACCES, REFUSED), (6, "landlock", ABSTRACT, EPERM, DONE)]
"""What a Landlock of this ABI adds."""


def facts():
    with plain_cage(accept=IsolationLevel.NONE) as cage:
        return cage.measure(QUICK).facts


def cases():
    said = facts()
    abi = int(said["landlock"]) if said["landlock"].isdigit() else 0
    table = [case for case in ALONE if case[0] != "landlock" or abi]
    table += [case for least, *case in BY_ABI if abi >= least]
    if said["execute"] != "absent":
        table.append(("execute", EXECUTABLE, EACCES, DONE))
    return table


def came_of(cage, unit):
    """A program that replaces the worker closes its pipes, and is ended by itself or by the host."""
    said = outcome(cage, unit)
    return REPLACED if said in ("exit 0", "SIGKILL") else said


@pytest.fixture(scope="module")
def abstract():
    """Something listens on an abstract address, so that only a refusal can keep a worker from it."""
    name = f"sealift-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen(64)
        yield name


@pytest.fixture(scope="module")
def cages():
    opened = {}

    def get(*drops):
        changes = tuple(f"--drop={name}" for name in drops)
        if changes not in opened:
            opened[changes] = plain_cage(*changes, accept=IsolationLevel.NONE)
        return opened[changes]

    yield get
    for cage in opened.values():
        cage.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_layer_holds_alone_and_only_by_itself(cages, abstract, case):
    layer, probe, expected, without = case
    unit = probe_unit(probe.format(abstract=abstract))

    alone = came_of(cages(*[name for name in LAYERS if name != layer]), unit)
    none = came_of(cages(*LAYERS), unit)

    assert (alone, none) == (expected, without)


@pytest.mark.parametrize(("layer", "probe"), [(case[0], case[1]) for case in cases()])
def test_another_layer_holds_when_one_is_lost(cages, abstract, layer, probe):
    """Only one of the layers is taken out at a time: the probe still fails, because two stand behind it."""
    got = came_of(cages(layer), probe_unit(probe.format(abstract=abstract)))

    backed_up = {UNAME: DONE, STAT: DONE}
    if layer == "seccomp" and probe in backed_up:
        assert got == DONE  # only seccomp sees these: it is the one layer that must never be missing
    elif probe == GROW:
        assert got == DONE  # only the limit bounds memory
    else:
        assert got not in (DONE, REFUSED, REPLACED)
