"""A small pooler in transaction mode: two server sessions a client, changed at the end of each transaction.

As PgBouncer does, it greets the client with a process id of its own, and what one transaction leaves in a session the
next one does not find.
"""

import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_KEY_DATA, _READY = b"K", b"Z"
_READY_AND_IDLE = b"Z\0\0\0\5I"
_SESSIONS = 2


@contextmanager
def transaction_pooler(server: Path) -> Iterator[Path]:
    """Listen on a socket in the folder that is yielded, and pass everything on to ``server``."""
    with tempfile.TemporaryDirectory(prefix="sealift-pool-") as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/.s.PGSQL.5432")
        listening.listen()
        threading.Thread(target=_accept, args=(listening, server), daemon=True).start()
        try:
            yield Path(folder)
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, server: Path) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, server), daemon=True).start()


def _serve(client: socket.socket, server: Path) -> None:
    sessions: list[socket.socket] = []
    with client, suppress(OSError, EOFError):
        start = _exactly(client, 4)
        start += _exactly(client, struct.unpack(">I", start)[0] - 4)
        for number in range(_SESSIONS):
            sessions.append(_session(server, start))
            greeting = _until_ready(sessions[number])
            if number == 0:
                client.sendall(_disguised(greeting))
        _alternate(client, sessions)
    for session in sessions:
        session.close()


def _alternate(client: socket.socket, sessions: list[socket.socket]) -> None:
    turn, ends_query = 0, b""
    while True:
        session = sessions[turn % _SESSIONS]
        kind, body = _message(client)
        session.sendall(kind + body)
        if kind == b"X":
            return
        if kind in b"QS":
            ends_query = kind
        # The end of a COPY is followed by a Sync, unless a simple query began it.
        if kind in b"QS" or (kind == b"c" and ends_query == b"Q"):
            reply = _until_ready(session)
            client.sendall(reply)
            turn += reply[-6:] == _READY_AND_IDLE


def _session(server: Path, start: bytes) -> socket.socket:
    session = socket.socket(socket.AF_UNIX)
    session.connect(str(server))
    session.sendall(start)
    return session


def _until_ready(session: socket.socket) -> bytes:
    parts = []
    while True:
        kind, body = _message(session)
        parts.append(kind + body)
        # COPY waits for the client before the server is ready.
        if kind in {_READY, b"G"}:
            return b"".join(parts)


def _disguised(greeting: bytes) -> bytes:
    at = greeting.rindex(_KEY_DATA + b"\0\0\0") + 5
    return greeting[:at] + struct.pack(">I", 999_999) + greeting[at + 4 :]


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    kind = _exactly(source, 1)
    size = _exactly(source, 4)
    return kind, size + _exactly(source, struct.unpack(">I", size)[0] - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = source.recv(count)
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
