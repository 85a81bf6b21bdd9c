"""Run sealift and its peers on the same documents, and print how they compare.

    python tests/benchmarks/bench_peers.py [--documents 200000] [--rounds 5] [--store sqlite|postgresql] [--peers NAME…]

Every run is a fresh process on a fresh copy of the loaded store; each round runs every peer once, in shuffled order; a
ratio is the median over the rounds of the two times of one round. What is timed is the whole command, start included.
The documents are compared after every run: a peer that leaves other documents than the rest ends the benchmark with
exit status 1. Only ratios mean anything on a machine that others use too.

Needs the packages of the extra `bench`.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "peers")]

from harness import sealift  # noqa: E402  # after the path
from harness.documents import expected  # noqa: E402
from harness.peers import peers  # noqa: E402
from harness.runs import Contest, PeerError, execute  # noqa: E402
from harness.stores import open_stores  # noqa: E402
from harness.table import render, rows  # noqa: E402
from transform import upgrade, upgrade_heavily  # noqa: E402

TRANSFORMS = {"loaded": dict, "upgraded": upgrade, "heavy": upgrade_heavily}
OURS = ("sealift", "heavy")
TELLING = 50_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only these; default: all that the store has")
    parser.add_argument(
        "--slow-share", type=float, default=0.1, help="share of the documents for peers that take minutes"
    )
    parser.add_argument(
        "--heavy-share", type=float, default=0.25, help="share of the documents for the heavy transform"
    )
    parser.add_argument("--json", type=Path, help="also write every time to this file")
    return parser.parse_args()


def choose(everybody, names):
    unknown = set(names or ()) - set(everybody)
    if unknown:
        sys.exit(f"bench_peers: no peer named {', '.join(sorted(unknown))}; there are {', '.join(everybody)}")
    return {name: runner for name, runner in everybody.items() if not names or name in names}


def take_part(options, folder):
    """Return everybody there is; sealift is only installed if it takes part."""
    everybody = peers(options.store, options.slow_share)
    if not options.peers or any(name.startswith(OURS) for name in options.peers):
        installation = sealift.install(folder)
        everybody |= sealift.runners(options.store, installation, options.heavy_share)
    return everybody


def prepare(contest, runners):
    """Load the templates the runners start from, and work out what they must end in."""
    counts = {contest.count(runner) for runner in runners.values()}
    counts |= {0} if any(runner.share != 1.0 for runner in runners.values()) else set()
    for count in sorted(counts):
        contest.stores.load(f"loaded_{count}", count)
        for name, transform in TRANSFORMS.items():
            contest.digests[name, count] = expected(count, transform)


def prepare_upgraded(contest, runners, everybody):
    """Make the templates of those that start from an upgraded store."""
    for template, upgrader in (("sealift", "sealift"), ("alembic", "alembic-many")):
        if any(runner.template == template for runner in runners.values()):
            with contest.stores.fresh(f"loaded_{contest.documents}") as database:
                execute(everybody[upgrader], database, contest.folder)
                contest.stores.keep(database, f"{template}_{contest.documents}")


def say(line):
    print(line, file=sys.stderr, flush=True)


def compare(options, stores, folder):
    everybody = take_part(options, folder)
    runners = choose(everybody, options.peers)
    contest = Contest(stores=stores, folder=folder, digests={}, documents=options.documents)
    prepare(contest, runners)
    prepare_upgraded(contest, runners, everybody)
    before = os.getloadavg()[0]
    times = contest.rounds(runners.values(), options.rounds, say)
    shown = rows(options.store, times)
    print(f"{options.store}, {options.documents:,} documents, median of {options.rounds} rounds")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load average before and after: {before:.1f} and {os.getloadavg()[0]:.1f} (1 to 2 are this benchmark's own)")
    if options.documents < TELLING:
        print("Too few documents to say anything about speed: this run shows that the harness works.")
    print()
    print(render(shown, times, contest, runners))
    if options.json:
        options.json.write_text(json.dumps(times, indent=2) + "\n", encoding="utf-8")


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="sealift-bench-") as name:
        folder = Path(name)
        try:
            with open_stores(options.store, folder) as stores:
                compare(options, stores, folder)
        except PeerError as error:
            sys.exit(f"bench_peers: {error}")


if __name__ == "__main__":
    main()
