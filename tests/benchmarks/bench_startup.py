"""How long a command takes that has nothing to do but look: sealift beside Alembic and Django.

    python tests/benchmarks/bench_startup.py [--packs 1000 5000] [--rounds 7]

For each size: that many installed signed packs and as many applied migrations for sealift, as many migration files for
Alembic and Django, all applied. Every command is a new process, runs once before anything is timed (so that byte code
is there, and what sealift keeps between calls; ``--no-cache`` shows what a first call costs), and then once a round in
shuffled order; a ratio is the median over the rounds. Only ratios mean anything.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from harness import chains, sealift  # noqa: E402  # after the path
from harness.pack_crowd import Crowd  # noqa: E402
from harness.runs import with_byte_code  # noqa: E402
from harness.table import table  # noqa: E402

HEAD = ("command", "ms", "against", "ms", "ratio", "at most", "")
PASS = "python -c pass"
SETTLED = 2.1
"""Seconds after which sealift keeps what it read of a file."""
ENVIRONMENT = with_byte_code()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


def check_status(command, count):
    """Without this, a status that shows nothing would look fast."""
    done = subprocess.run([*command, "--format", "json"], check=True, capture_output=True, env=ENVIRONMENT)
    shown = json.loads(done.stdout)
    current = sum(pack["state"] == "current" for pack in shown["packs"])
    if current != count:
        sys.exit(f"bench_startup: status shows {current} packs that are current, expected {count}")


def seconds(command):
    started = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT)
    spent = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"bench_startup: {' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return spent


def measure(commands, rounds):
    for command in commands.values():
        seconds(command)
    times = {name: [] for name in commands}
    chance = random.Random(rounds)
    for _ in range(rounds):
        order = list(commands)
        chance.shuffle(order)
        for name in order:
            times[name].append(seconds(commands[name]))
    return times


def line(times, ours, theirs, most):
    ratio = median(a / b for a, b in zip(times[ours], times[theirs], strict=True))
    verdict = "" if most is None else "reached" if ratio <= most else "missed"
    shown = [f"{median(times[name]) * 1000:.0f}" for name in (ours, theirs)]
    return (ours, shown[0], theirs, shown[1], f"{ratio:.2f}", "-" if most is None else f"{most:g}", verdict)


def bare(installation, rounds):
    python = str(installation.python)
    commands = {
        PASS: [python, "-c", "pass"],
        "sealift --version": [python, "-P", "-m", "sealift", "--version"],
        "sealift --help": [python, "-P", "-m", "sealift", "--help"],
    }
    times = measure(commands, rounds)
    return [line(times, ours, PASS, 5) for ours in ("sealift --version", "sealift --help")]


def crowded(installation, crowd, count, folder, rounds):
    url = f"sqlite:///{folder}/sealift.db"
    crowd.record(url)
    status = f"sealift status, {count:,} packs"
    anew = f"the same with --no-cache, {count:,}"
    commands = {
        PASS: [str(installation.python), "-c", "pass"],
        status: installation.command(verb="status", url=url),
        anew: installation.command("--no-cache", verb="status", url=url),
        "alembic current": chains.alembic(folder / "alembic", count),
        "django showmigrations": chains.django(folder / "django", count),
    }
    time.sleep(SETTLED)
    check_status(commands[status], count)
    times = measure(commands, rounds)
    return [
        line(times, status, "django showmigrations", {1000: 1.0, 5000: 0.5}.get(count)),
        line(times, anew, "django showmigrations", None),
        line(times, status, "alembic current", None),
        line(times, status, PASS, None),
    ]


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="sealift-bench-") as name:
        folder = Path(name)
        ENVIRONMENT["XDG_CACHE_HOME"] = str(folder / "cache")
        installation = sealift.bare_environment(folder)
        crowd = Crowd(installation.purelib)
        (folder / "crowd.pem").write_bytes(crowd.public_pem())
        installation.run("trust", "init")
        installation.run("trust", "add", folder / "crowd.pem", "--packs", "crowd.*")
        lines, installed = bare(installation, options.rounds), 0
        for count in sorted(options.packs):
            for number in range(installed + 1, count + 1):
                crowd.install(number)
            installed = count
            below = folder / str(count)
            below.mkdir()
            lines += crowded(installation, crowd, count, below, options.rounds)
    print(table(HEAD, lines))


if __name__ == "__main__":
    main()
