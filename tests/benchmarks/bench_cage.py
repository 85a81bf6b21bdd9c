"""What the cage costs, as ratios and times of one run: ``python tests/benchmarks/bench_cage.py``.

* start: from asking for a worker to a worker that is locked and was looked at, its fork-server running already.
* lock-down: processor time inside the worker.
* round trip: documents of 600 bytes through the locked worker with a codec that does nothing, against a child that
  reads bytes from such a pipe and writes them back (a bare pipe echo). "Of the same frames" means: on the host's side
  everything is the same. The same documents are cut into the same frames, sent with the same window, and taken apart
  into documents again, as a run needs them; what is compared is the other side: a locked worker that takes frames
  apart, asks the codec for each document, and makes frames of the answers, or a loop of ``read`` and ``write``.
  This is the ratio with the bar, for a no-op: a migration that leaves every document as it is. With every document
  changed, the answers travel back as well: printed, without a bar. The ratio "x bytes" is to an echo whose host sends
  ready-made frames and looks at nothing: a bound that no caller can use, printed to show what documents cost as such.

Medians over interleaved rounds. By the clock, two processes work at once, so these ratios need two processors that
nobody else uses: see the load that is printed, and the ratio of the best rounds. The last column is the processor time
of both sides together, in microseconds a document; the worker has more to do than an echo, so it is no ratio of speed.
"""

import gc
import os
import statistics
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from cage_kit import plain_cage, plain_unit
from sealift.model.limits import Limits
from sealift.sandbox.cage import _nothing
from sealift.sandbox.channel import Channel, EndedError, open_pipe
from sealift.sandbox.frames import slices
from sealift.worker import jail
from sealift.worker.protocol import Kind, split_results

DOCUMENTS = [b'{"id":%7d,"pad":"%s"}' % (number, b"x" * 572) for number in range(1000)]
SENDS = 40
IN_FLIGHT = 2
ROUNDS = 9


def start_times(amount=40):
    """Return milliseconds from asking for a worker to a checked lock, and those of its end."""
    starts, ends = [], []
    with plain_cage() as cage:
        cage.measure(Limits())
        for _ in range(amount):
            held = []
            starts.append(_timed(lambda held=held: held.append(cage._locked(_nothing("bench"), Limits()))))
            ends.append(_timed(held[0][0].close))
    return starts, ends


def cold_times(amount=5):
    """Return milliseconds from nothing to a checked lock: the fork-server of the real language starts too."""
    from sealift.sandbox import measure_isolation

    return [_timed(measure_isolation) for _ in range(amount)]


def _timed(action):
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def lock_times(amount=20):
    """Return milliseconds of the processor that the lock-down takes in a forked child."""
    jail.prepare()
    gc.collect()
    gc.freeze()
    return [_lock_time() for _ in range(amount)]


def _lock_time():
    reading, writing = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        jail.strip(reading, writing)
        steps = jail.steps(jail.Bounds(memory_bytes=1 << 30, cpu_seconds=60, parent=parent))
        begin = time.process_time()
        jail.lock(steps)
        os.write(jail.WRITE_FD, struct.pack("<d", (time.process_time() - begin) * 1000))
        os._exit(0)
    os.close(writing)
    (taken,) = struct.unpack("<d", os.read(reading, 8))
    os.close(reading)
    os.waitpid(child, 0)
    return taken


def caged(cage):
    """Return wall and processor time of all sends through a locked worker."""
    session = cage.open(plain_unit("class M:\n    def upgrade(self, document): return document"), Limits())
    (held,) = cage._servers.values()
    server = held.server._process.pid
    worker = int(Path(f"/proc/{server}/task/{server}/children").read_text("ascii"))
    begin, ours, theirs = time.perf_counter(), time.process_time(), _ran(worker)
    for _ in range(IN_FLIGHT):
        session.send(DOCUMENTS)
    for _ in range(SENDS - IN_FLIGHT):
        session.receive()
        session.send(DOCUMENTS)
    for _ in range(IN_FLIGHT):
        session.receive()
    taken = time.perf_counter() - begin
    spent = time.process_time() - ours + _ran(worker) - theirs
    session.close()
    return taken, spent


def _ran(process):
    """Return the seconds that a process was on a processor."""
    return int(Path(f"/proc/{process}/schedstat").read_text("ascii").split()[0]) / 1e9


def echoed(*, framed):
    """Return wall and processor time of the same frames through a child that writes back what it reads."""
    (child_reads, we_write), (we_read, child_writes) = open_pipe(), open_pipe()
    child = os.fork()
    if child == 0:
        os.close(we_write)
        _echo(child_reads, child_writes)
    os.close(child_reads)
    os.close(child_writes)
    channel = Channel(reading=we_read, writing=we_write, limit=1 << 20)
    begin, ours, theirs = time.perf_counter(), time.process_time(), _ran(child)
    (_send_documents if framed else _send_bytes)(channel)
    taken = time.perf_counter() - begin
    spent = time.process_time() - ours + _ran(child) - theirs
    channel.close()
    os.waitpid(child, 0)
    return taken, spent


def _send_documents(channel):
    for number in range(SENDS + IN_FLIGHT):
        if number >= IN_FLIGHT:
            answers = []
            while len(answers) < len(DOCUMENTS):
                answers += split_results(channel.frame(10).payload)[0]
        if number < SENDS:
            for start, stop in slices(DOCUMENTS, Limits().frame_bytes):
                channel.post(Kind.DOCUMENTS, DOCUMENTS[start:stop])


def _send_bytes(channel):
    ready = [b"".join(DOCUMENTS[start:stop]) for start, stop in slices(DOCUMENTS, Limits().frame_bytes)]
    for number in range(SENDS + IN_FLIGHT):
        if number >= IN_FLIGHT:
            for _ in ready:
                channel.frame(10)
        if number < SENDS:
            for frame in ready:
                channel.post(Kind.DOCUMENTS, [frame])


def _echo(reading, writing):
    try:
        while data := os.read(reading, 1 << 16):
            view = memoryview(data)
            while view:
                view = view[os.write(writing, view) :]
    except (EndedError, OSError):
        pass
    os._exit(0)


def main():
    """Print the table."""
    starts, ends = start_times()
    for name, times, bar in (
        ("start, fork-server running", starts, "   (bar: 5)"),
        ("end of a worker", ends, ""),
        ("start, cold", cold_times(), ""),
        ("lock-down, processor time", lock_times(), "   (bar: 2)"),
    ):
        print(f"{name:28} {statistics.median(times):6.2f} ms, best {min(times):6.2f} ms{bar}")
    with plain_cage("--codec=echo") as echoing, plain_cage("--codec=unchanged") as silent:
        sides = {
            "echo of documents": lambda: echoed(framed=True),
            "echo of bytes": lambda: echoed(framed=False),
            "cage, all changed": lambda: caged(echoing),
            "cage, nothing changed": lambda: caged(silent),
        }
        rounds = [{name: run() for name, run in sides.items()} for _ in range(ROUNDS)]
    print_round_trips(rounds)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def print_round_trips(rounds):
    """Print each side's time, and its ratios to the echoes: above 1 is faster than they are."""
    amount = SENDS * len(DOCUMENTS)
    print("round trip, no-op               us each   x documents            of bests         x bytes    processors")
    best = {name: min(one[name][0] for one in rounds) for name in rounds[0]}
    documents, *_ = rounds[0]
    for name in rounds[0]:
        cost, spent = (statistics.median(one[name][kind] for one in rounds) / amount * 1e6 for kind in (0, 1))
        ratios = [statistics.median(one[echo][0] / one[name][0] for one in rounds) for echo in list(rounds[0])[:2]]
        bar = "(bar: 0.8)" if name == "cage, nothing changed" else ""
        bests = best[documents] / best[name]
        print(f"{name:28} {cost:10.2f} {ratios[0]:10.2f} {bar:10} {bests:14.2f} {ratios[1]:17.2f} {spent:18.2f}")


if __name__ == "__main__":
    main()
