"""What finding installed packs costs: sealift's discovery beside the libraries, and beside the cache it does without.

    python tests/benchmarks/bench_discovery.py [--rounds 7]

Each measurement is a new process on the same generated distributions, by turns, and counts what the process spends
in the method, its imports included. ``hint cache`` reads one JSON file and trusts the times of the directories;
``sound cache`` also looks at the time of every file it rests on, which is the least that notices an edited one.
Ratios are medians over the rounds of (that method's time / sealift's); only ratios mean anything.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from harness.table import table

SURVEY = """
from pathlib import Path
from sealift.packs.discovery import survey
found = len(survey([Path(root)]).origins)
"""
LIBRARY = """
from {library} import distributions
found = 0
for dist in distributions(path=[root]):
    for point in dist.entry_points.select(group="sealift.packs"):
        found += bool((dist.name, dist.version, point.module))
"""
HINT_CACHE = """
import json, os
cache = json.load(open(root + ".cache.json"))
assert cache["root"] == os.stat(root).st_mtime_ns
found = len(cache["packs"])
"""
SOUND_CACHE = """
import json, os
cache = json.load(open(root + ".cache.json"))
assert cache["root"] == os.stat(root).st_mtime_ns
for pack in cache["packs"]:
    for path, stamp in pack["files"]:
        assert os.stat(path).st_mtime_ns == stamp
found = len(cache["packs"])
"""
METHODS = {
    "sealift": SURVEY,
    "importlib.metadata": LIBRARY.format(library="importlib.metadata"),
    "importlib_metadata": LIBRARY.format(library="importlib_metadata"),
    "hint cache": HINT_CACHE,
    "sound cache": SOUND_CACHE,
}
FRAME = """
import sys, time
root = sys.argv[1]
begun = time.perf_counter()
{method}
print(found, time.perf_counter() - begun)
"""
SIZES = ((0, 0), (1000, 1000), (5000, 5000), (5000, 1))


def make(root: Path, distributions: int, packs: int) -> None:
    """Write the distributions, the first of them with a pack each, and the cache that describes them."""
    root.mkdir()
    entries = []
    for number in range(distributions):
        directory = root / f"acme_p{number}-1.0.{number}.dist-info"
        directory.mkdir()
        group = "sealift.packs" if number < packs else "console_scripts"
        texts = {
            "entry_points.txt": f"[{group}]\nacme.p{number} = acme_p{number}.pack\n",
            "METADATA": f"Metadata-Version: 2.4\nName: acme-p{number}\nVersion: 1.0.{number}\n\n{'x' * 2000}\n",
        }
        for name, text in texts.items():
            (directory / name).write_text(text)
        files = [(str(directory / name), (directory / name).stat().st_mtime_ns) for name in texts]
        if number < packs:
            entries.append(
                {"name": f"acme.p{number}", "module": f"acme_p{number}.pack", "version": "1", "files": files}
            )
    content = {"root": root.stat().st_mtime_ns, "packs": entries}
    Path(f"{root}.cache.json").write_text(json.dumps(content))


def measure(root: Path, method: str, packs: int) -> float:
    code = FRAME.format(method=METHODS[method])
    command = [sys.executable, "-c", code, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    found, seconds = done.stdout.split()
    assert int(found) == packs, (method, found)
    return float(seconds)


def contest(root: Path, packs: int, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in METHODS}
    for name in METHODS:
        measure(root, name, packs)
    for _ in range(rounds):
        for name in random.sample(list(METHODS), len(METHODS)):
            times[name].append(measure(root, name, packs))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    lines = []
    for distributions, packs in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            make(Path(directory) / "site", distributions, packs)
            times = contest(Path(directory) / "site", packs, rounds)
        for name, taken in times.items():
            ratio = median(theirs / ours for theirs, ours in zip(taken, times["sealift"], strict=True))
            lines.append((f"{distributions:,} ({packs:,})", name, f"{median(taken) * 1000:.1f}", f"{ratio:.2f}"))
    print(table(("distributions (packs)", "method", "ms", "of sealift's time"), lines))


if __name__ == "__main__":
    main()
