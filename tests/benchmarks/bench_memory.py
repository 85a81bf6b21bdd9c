"""Peak memory of sealift's host process and of its workers, for more and more documents.

    python tests/benchmarks/bench_memory.py [--documents 10000 100000 1000000] [--store sqlite|postgresql] [--workers 1]

*Grown* is what the host takes beyond a run over one document. Exit status 1 when the host takes more than 64 MiB, or a
worker more than 48 MiB, at any size.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from harness import sealift  # noqa: E402  # after the path
from harness.memory import peaks  # noqa: E402
from harness.stores import open_stores  # noqa: E402
from harness.table import table  # noqa: E402

HOST_MIB, WORKER_MIB = 64, 48
HEAD = ("documents", "host MiB", "at most", "grown MiB", "worker MiB", "at most", "processes", "")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def measure(stores, installation, count, options, folder):
    stores.load(f"loaded_{count}", count)
    with stores.fresh(f"loaded_{count}") as database:
        words = ("--yes", "--workers", str(options.workers), "bench.orders")
        return peaks(installation.command(*words, verb="upgrade", url=database.url), folder)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="sealift-bench-") as name, open_stores(options.store, Path(name)) as stores:
        installation = sealift.install(Path(name))
        sizes = (1, *options.documents)
        found = [(count, *measure(stores, installation, count, options, Path(name))) for count in sizes]
    lines, kept, least = [], True, found[0][1]
    for count, host, worker, processes in found:
        within = host <= HOST_MIB and worker <= WORKER_MIB
        kept = kept and within
        verdict = "reached" if within else "missed"
        figures = (f"{host:.1f}", f"{HOST_MIB}", f"{host - least:.1f}", f"{worker:.1f}", f"{WORKER_MIB}")
        lines.append((f"{count:,}", *figures, f"{processes}", verdict))
    print(table(HEAD, lines))
    sys.exit(not kept)


if __name__ == "__main__":
    main()
