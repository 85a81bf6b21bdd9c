"""A host that is not root: opens a cage, sends one document, prints what came of it, as one line of JSON.

Run as a program, with the source folder. Started as root it becomes an ordinary user first, who may only still read
files (the interpreter may lie in root's home); started by anybody else it stays who it is.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

UID = 65533
READ_SEARCH = 2
KEEP_CAPABILITIES, AMBIENT, RAISE, VERSION = 8, 47, 2, 0x20080522


def become_ordinary():
    """Give up root and every capability but reading."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    only = 1 << READ_SEARCH
    header, sets = (ctypes.c_uint32 * 2)(VERSION, 0), (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)
    if libc.capset(header, sets) or libc.prctl(AMBIENT, RAISE, READ_SEARCH, 0, 0):
        raise OSError(ctypes.get_errno(), "capabilities")


def main():
    """Run one document, and one probe."""
    if os.getuid() == 0:
        become_ordinary()
    sys.path[:0] = [sys.argv[1], str(Path(__file__).parent)]
    from cage_kit import QUICK, outcome, plain_cage, probe_unit

    with plain_cage() as cage:
        measured = cage.measure(QUICK)
        said = {
            "uid": os.getuid(),
            "level": measured.level.value,
            "worker": measured.facts["identity"],
            "open": outcome(cage, probe_unit("open('/etc/passwd')")),
            "socket": outcome(cage, probe_unit("socket.socket()")),
            "works": outcome(cage, probe_unit("got = 1")),
        }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
