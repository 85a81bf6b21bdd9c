"""Makes every system call there is under the filter alone, one child each, and prints what became of it.

Run as a program: ``cage_sweep.py SOURCE-FOLDER FIRST LAST [EXTRA…]``. Arguments are zero, so that a call which the
filter lets through does nothing. Prints one line for each number that was not killed: ``NUMBER OUTCOME``.
"""

import ctypes
import errno
import os
import resource
import signal
import sys


def main():
    """Sweep."""
    folder, first, last, *extra = sys.argv[1:]
    sys.path.insert(0, folder)
    from sealift.worker import jail

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    bounds = jail.Bounds(memory_bytes=1 << 30, cpu_seconds=60, parent=os.getpid())
    needed = [step for step in jail.steps(bounds) if step.name in {"identity", "capabilities", "privileges", "seccomp"}]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in [*range(int(first), int(last)), *(int(item, 0) for item in extra)]:
        child = os.fork()
        if child == 0:
            jail.lock(needed)
            ctypes.set_errno(0)
            result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6)
            os._exit(ctypes.get_errno() if result < 0 else 200)
        _, status = os.waitpid(child, 0)
        name = outcome(status)
        if name != "SIGSYS":
            print(number, name)


def outcome(status):
    """Return the signal, the error's name, or what the call returned to."""
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    code = os.WEXITSTATUS(status)
    return {0: "ended", 200: "returned"}.get(code, errno.errorcode.get(code, str(code)))


if __name__ == "__main__":
    main()
