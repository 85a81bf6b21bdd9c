"""The fork-server: everything preloaded, one locked child for each order, no byte of a pack ever here.

The host holds a socket to it. An order is 24 bytes and two descriptors; the answer is the child's process id. A child
that ended stays unreaped until the host asks for its status, so that its process id cannot be given to another
process while the host may still send it a signal. When the host closes the socket, every child is killed.
"""

import contextlib
import errno
import gc
import os
import signal
from _socket import CMSG_LEN, socket
from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sealift.worker import jail
from sealift.worker.link import HostGoneError, Link
from sealift.worker.protocol import (
    ANSWER,
    HOST_BYTES,
    ORDER,
    READY,
    ExitStatus,
    Failed,
    Kind,
    ProtocolError,
    encode_failed,
)

Serve = Callable[[Link], None]
Lockdown = Callable[[jail.Bounds], Sequence[jail.Step]]


class Server(NamedTuple):
    """What a fork-server does for its host; ``serve`` runs in the locked child, ``lockdown`` locks it."""

    control: socket
    serve: Serve
    lockdown: Lockdown = jail.steps
    settle: Callable[[], None] = lambda: None
    """What comes last: it may take away what loading needs."""

    def run(self) -> None:
        """Answer orders until the host is gone, then take every child along and end the process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        jail.prepare()
        jail.shut_imports()
        self.settle()
        gc.freeze()
        gc.enable()
        children: set[int] = set()
        self.control.sendall(READY)
        while (order := self._order()) is not None:
            memory, cpu, reap, descriptors = order
            if reap:
                self._reap(reap, children)
            else:
                self._spawn(memory, cpu, descriptors, children)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        os._exit(ExitStatus.DONE)  # taking the interpreter apart would take the host's time, and nothing is open here

    def _order(self) -> tuple[int, int, int, list[int]] | None:
        descriptors = array("i")
        data, ancillary, _, _ = self.control.recvmsg(ORDER.size, CMSG_LEN(2 * descriptors.itemsize))
        for _, _, rights in ancillary:
            descriptors.frombytes(rights)
        while data and len(data) < ORDER.size:
            data += self.control.recv(ORDER.size - len(data))
        return (*ORDER.unpack(data), descriptors.tolist()) if data else None

    def _reap(self, child: int, children: set[int]) -> None:
        if child not in children:
            self.control.sendall(ANSWER.pack(errno.ESRCH, 0))
            return
        _, status = os.waitpid(child, 0)
        children.discard(child)
        self.control.sendall(ANSWER.pack(0, status))

    def _spawn(self, memory: int, cpu: int, descriptors: Sequence[int], children: set[int]) -> None:
        parent = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            self.control.sendall(ANSWER.pack(error.errno or -1, 0))
        else:
            if child == 0:
                bounds = jail.Bounds(memory_bytes=memory, cpu_seconds=cpu, parent=parent)
                os._exit(self._child(bounds, *descriptors))
            children.add(child)
            self.control.sendall(ANSWER.pack(0, child))
        for descriptor in descriptors:
            os.close(descriptor)

    def _child(self, bounds: jail.Bounds, reading: int, writing: int) -> int:
        """Lock down, then serve; return the exit status, whatever happens."""
        try:
            jail.strip(reading, writing)
            link = Link(reading=jail.READ_FD, writing=jail.WRITE_FD, limit=HOST_BYTES)
            return self._locked(link, bounds)
        except HostGoneError:
            return ExitStatus.DONE
        except ProtocolError:
            return ExitStatus.PROTOCOL
        except MemoryError:
            return ExitStatus.MEMORY
        except BaseException:  # noqa: BLE001 - a child must never go on as if it were the server
            return ExitStatus.DEFECT

    def _locked(self, link: Link, bounds: jail.Bounds) -> int:
        steps = self.lockdown(bounds)
        link.answer(Kind.BARE, 0)
        frame = link.receive()
        if frame.kind is not Kind.GO:
            return ExitStatus.PROTOCOL
        try:
            facts = jail.lock(steps)
        except jail.StepError as error:
            link.answer(Kind.BROKEN, frame.sequence, [encode_failed(Failed("lock", str(error), None))])
            return ExitStatus.LOCK
        link.answer(Kind.HELLO, frame.sequence, [f"{name}={fact}".encode() for name, fact in facts.items()])
        self.serve(link)
        return ExitStatus.DONE
