"""Makes every system call there is under the filter alone, one child each, and prints what became of it.

Run as a program: ``cage_sweep.py SOURCE-FOLDER FIRST LAST [EXTRA…]``. Arguments are zero, so that a call which the
filter lets through does nothing. Prints one line for each number that was not killed: ``NUMBER OUTCOME``.

``cage_sweep.py SOURCE-FOLDER int80`` makes ``getpid`` by the 32-bit entry of x86 instead, first without and then with
the filter, from machine code that was made executable before; it prints both outcomes.
"""

import ctypes
import errno
import mmap
import os
import resource
import signal
import sys

kept = []


def main():
    """Sweep."""
    folder, *wanted = sys.argv[1:]
    sys.path.insert(0, folder)
    from sealift.worker import jail

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    bounds = jail.Bounds(memory_bytes=1 << 30, cpu_seconds=60, parent=os.getpid())
    needed = [step for step in jail.steps(bounds) if step.name in {"identity", "capabilities", "privileges", "seccomp"}]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if wanted == ["int80"]:
        print(in_child([], int80), in_child(needed, int80))
        return
    first, last, *extra = wanted
    for number in [*range(int(first), int(last)), *(int(item, 0) for item in extra)]:
        name = in_child(needed, lambda number=number: libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6))
        if name != "SIGSYS":
            print(number, name)


def in_child(steps, call):
    """Return what becomes of a child that takes the steps and makes the call."""
    from sealift.worker import jail

    prepared = call() if call is int80 else call
    child = os.fork()
    if child == 0:
        jail.lock(steps)
        ctypes.set_errno(0)
        result = prepared()
        os._exit(ctypes.get_errno() if result < 0 else 200)
    return outcome(os.waitpid(child, 0)[1])


def int80():
    """Return a function in machine code: number 20 into the register, the interrupt, back."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))
    kept.append(page)
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))


def outcome(status):
    """Return the signal, the error's name, or what the call returned to."""
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    code = os.WEXITSTATUS(status)
    return {0: "ended", 200: "returned"}.get(code, errno.errorcode.get(code, str(code)))


if __name__ == "__main__":
    main()
