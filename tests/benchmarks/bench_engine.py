"""What the checkpoint in every batch costs against one big transaction, and documents a second of each store.

    python tests/benchmarks/bench_engine.py [--documents 100000] [--rounds 5] [--rows 1000]

The same documents, pack and worker: once with batches, once with `--atomic`. A ratio is the median
over the rounds of the two times of one round; the cost is what the batches take longer.
"""

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "peers")]

from harness import sealift  # noqa: E402  # after the path
from harness.documents import expected  # noqa: E402
from harness.runs import Contest, Runner, ratios  # noqa: E402
from harness.stores import open_stores  # noqa: E402
from harness.table import table  # noqa: E402
from transform import upgrade  # noqa: E402

MOST = 1.10
HEAD = ("store", "batches against one transaction", "lowest", "highest", "at most", "documents a second", "")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1000)
    return parser.parse_args()


def measure(kind, installation, options, folder):
    rows = ("--batch-rows", str(options.rows))
    runners = [
        Runner(name="batches", command=sealift.verb(installation, "upgrade", "--yes", *rows, "bench.orders")),
        Runner(
            name="atomic", command=sealift.verb(installation, "upgrade", "--yes", "--atomic", *rows, "bench.orders")
        ),
    ]
    with open_stores(kind, folder) as stores:
        digests = {("upgraded", options.documents): expected(options.documents, upgrade)}
        contest = Contest(stores=stores, folder=folder, digests=digests, documents=options.documents)
        stores.load(f"loaded_{options.documents}", options.documents)
        times = contest.rounds(runners, options.rounds, lambda line: print(line, file=sys.stderr, flush=True))
    middle, low, high = ratios(times, "batches", "atomic")
    rate = options.documents / sorted(times["batches"])[len(times["batches"]) // 2]
    verdict = "reached" if middle <= MOST else "missed"
    return (kind, f"{middle:.2f}", f"{low:.2f}", f"{high:.2f}", f"{MOST:.2f}", f"{rate:,.0f}", verdict)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="sealift-bench-") as name:
        installation = sealift.install(Path(name))
        lines = []
        for kind in ("sqlite", "postgresql"):
            folder = Path(name) / kind
            folder.mkdir()
            lines.append(measure(kind, installation, options, folder))
    print(table(HEAD, lines))


if __name__ == "__main__":
    main()
