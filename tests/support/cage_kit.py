"""What tests of the cage share: units of plain Python, cages around them, and judging what came of a probe."""

import os
import sys
import textwrap
from pathlib import Path

from sealift.errors.run import WorkerDiedError, WorkerTimeoutError
from sealift.model.batch import DocumentError
from sealift.model.isolation import IsolationLevel
from sealift.model.limits import MIB, Limits
from sealift.model.migration import Direction
from sealift.ports import Unit
from sealift.sandbox import Launch, open_cage
from sealift.sandbox.forkserver import pins
from sealift.sandbox.wire import Wire
from sealift.worker.protocol import Kind

PROGRAM = Path(__file__).with_name("cage_program.py")
QUICK = Limits(wall_seconds=10, memory_bytes=256 * MIB)
IS_X86 = sys.platform == "linux" and os.uname().machine == "x86_64"
WORKS = b'{"probe":false}'
"""A document that every probe pack answers."""


def plain_launch(*changes):
    """Return how the cage is started with packs of plain Python; changes are arguments of ``cage_program``."""
    return Launch(program=PROGRAM, pins=pins(["sealift"]), arguments=changes)


def plain_cage(*changes, accept=IsolationLevel.KERNEL):
    """Return a cage whose packs are plain Python: no language policy."""
    return open_cage(accept=accept, launch=plain_launch(*changes))


def plain_unit(source, *, digest="sha256:test", direction=Direction.UPGRADE):
    """Return a unit of this source, whose class is ``M``."""
    files = {"migrations/m.py": textwrap.dedent(source).encode()}
    return Unit(
        pack="acme.test", digest=digest, files=files, path="migrations/m.py", class_name="M", direction=direction
    )


def probe_unit(body, before=""):
    """Return a unit that runs the body for documents that say so, and reports what it put into ``got``."""
    source = "\n".join(
        [
            "import ctypes, errno, mmap, os, resource, select, signal, socket, subprocess, threading, time, sys",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "libc.syscall.restype = ctypes.c_long",
            "def syscall(*arguments):",
            "    result = libc.syscall(*[ctypes.c_long(item) for item in arguments])",
            "    if result < 0:",
            "        raise OSError(ctypes.get_errno(), 'syscall')",
            "    return result",
            textwrap.dedent(before),
            "class M:",
            "    def upgrade(self, document):",
            "        if not document['probe']:",
            "            return {'works': True}",
            "        got = 'done'",
            textwrap.indent(textwrap.dedent(body), "        "),
            "        return {'got': str(got)}",
        ]
    )
    return plain_unit(source)


def short_of_time(monkeypatch, *marks):
    """Hold the worker to its limit of time for frames with documents that have one of these marks, and only for them.

    Those never end, so a short limit does. Everything else may take a minute, whatever the limit says: no document that
    is innocent is slow because the machine stands still. Returns a list that grows by one each time it is waited for a
    frame with a mark.
    """
    post, expect = Wire.post, Wire.expect
    marked, waited = set(), []

    def posted(wire, kind, parts=()):
        sequence = post(wire, kind, parts)
        if kind is Kind.DOCUMENTS and any(mark in part for part in parts for mark in marks):
            marked.add((wire, sequence))
        return sequence

    def expected(wire, sequence, kinds, seconds):
        if (wire, sequence) not in marked:
            return expect(wire, sequence, kinds, max(seconds, 60.0))
        waited.append(seconds)
        return expect(wire, sequence, kinds, seconds)

    monkeypatch.setattr(Wire, "post", posted)
    monkeypatch.setattr(Wire, "expect", expected)
    return waited


def outcome(cage, unit, limits=QUICK, document=b'{"probe":true}'):
    """Return the kind of what came of one document: a signal's name, ``timeout``, ``errno N``, or what it got."""
    session = cage.open(unit, limits)
    try:
        session.send([document])
        (result,) = session.receive()
    except WorkerDiedError as error:
        return error.signal or f"exit {error.status}"
    except WorkerTimeoutError as error:
        return f"timeout {error.clock}"
    finally:
        session.close()
    return kind(result)


def kind(result):
    """Return what one outcome says, in a word."""
    match result:
        case DocumentError(message=message) if message.startswith("[Errno "):
            return f"errno {message[7 : message.index(']')]}"
        case DocumentError(code=code, message=message):
            return f"{code}: {message}"
        case bytes():
            return result.decode()
        case _:
            return "unchanged"


def still_works(cage, unit, limits=QUICK):
    """Return whether the next document is answered by a new worker."""
    return outcome(cage, unit, limits, WORKS) == '{"works":true}'
