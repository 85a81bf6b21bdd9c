"""What the language policy and the codec cost.

    python tests/benchmarks/bench_language.py [--rounds 15] [--documents 2000]

A migration runs under the policy and as plain Python, on small, medium and heavy work; then a document goes through
the codec, unchanged and changed, beside a bare decode and encode. Both sides of a ratio run in the same round, in
shuffled order; a ratio is the median over the rounds. Times are of the processor, because machines are shared; only
ratios mean anything.
"""

import argparse
import json
import random
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import msgspec  # noqa: E402  # after the path
from harness.table import table  # noqa: E402

from sealift.worker.codec import Codec  # noqa: E402
from sealift.worker.compiler import compile_unit, preload  # noqa: E402

HEAD = ("what", "us", "against", "us", "ratio", "wanted", "")

SOURCE = """
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from sealift import Migration

COUNTRIES = {"de": "Germany", "fr": "France", "uk": "United Kingdom"}
CENT = Decimal("0.01")
SPACES = re.compile(r"\\\\s+")


def clean(text):
    return SPACES.sub(" ", text.strip())


class Light(Migration):
    def upgrade(self, document):
        first, _, last = document["name"].partition(" ")
        document["name"] = {"first": first, "last": last}
        return document


class Medium(Migration):
    states = ("new", "paid", "sent")

    def address(self, value):
        street, _, number = value["street"].rpartition(" ")
        return {"street": street, "number": number, "country": COUNTRIES.get(value["country"], value["country"])}

    def upgrade(self, document):
        document["address"] = self.address(document["address"])
        document["state"] = self.states[document["state"]]
        document["tags"] = sorted({tag.lower() for tag in document["tags"]})
        total = 0
        for line in document["lines"]:
            line["cents"] = round(line["price"] * 100)
            total += line["cents"] * line["quantity"]
            line["sku"] = f"{line['sku'][:3].upper()}-{line['sku'][3:]}"
        document["total"] = total
        return document


class Heavy(Migration):
    def upgrade(self, document):
        totals = {}
        for line in document["lines"]:
            price = Decimal(str(line["price"])).quantize(CENT, rounding=ROUND_HALF_UP)
            totals[line["sku"]] = totals.get(line["sku"], Decimal(0)) + price * line["quantity"]
            line["text"] = clean(line["text"])
            line["words"] = [word for word in line["text"].split(" ") if len(word) > 3]
        document["totals"] = {sku: str(total) for sku, total in sorted(totals.items())}
        document["day"] = date.fromisoformat(document["day"]).isocalendar().week
        document["index"] = {word: index for index, word in enumerate(sorted(set(document["tags"])))}
        return document
"""

DOCUMENT = {
    "name": "Ada Lovelace", "state": 1, "day": "2024-02-29", "tags": ["New", "vip", "paper", "new"],
    "address": {"street": "Main Street 12", "country": "de", "city": "Köln"},
    "lines": [
        {"sku": f"abc{n}", "price": 12.5 + n, "quantity": n + 1, "text": "  some   plain words \t here "}
        for n in range(4)
    ],
}  # fmt: skip


def plain(name):
    """Return the same method as Python makes it."""
    namespace = {}
    text = SOURCE.replace("\\\\", "\\").replace("from sealift import Migration", "class Migration: pass")
    exec(compile(text, "plain", "exec"), namespace)
    return namespace[name]().upgrade


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--documents", type=int, default=2000)
    return parser.parse_args()


def transform_seconds(function, texts):
    documents = [msgspec.json.decode(text) for text in texts]
    started = time.process_time()
    for document in documents:
        function(document)
    return time.process_time() - started


def codec_seconds(function, texts):
    started = time.process_time()
    for text in texts:
        function(text)
    return time.process_time() - started


def measure(sides, texts, rounds):
    """Return the seconds of every side, a list over the rounds."""
    chance = random.Random(rounds)
    times = {name: [] for name in sides}
    for _ in range(rounds + 1):
        order = list(sides)
        chance.shuffle(order)
        for name in order:
            run, function = sides[name]
            times[name].append(run(function, texts))
    return {name: seconds[1:] for name, seconds in times.items()}


def line(times, ours, theirs, wanted, count):
    """Return a row: a ratio above 1 means that ours is faster."""
    ratio = median(b / a for a, b in zip(times[ours], times[theirs], strict=True))
    shown = [f"{median(times[name]) / count * 1e6:.2f}" for name in (ours, theirs)]
    verdict = "" if wanted is None else "reached" if ratio >= wanted else "missed"
    return (ours, shown[0], theirs, shown[1], f"{ratio:.2f}", "-" if wanted is None else f"{wanted:g}", verdict)


def language_rows(texts, rounds):
    rows = []
    for name, wanted in (("Light", None), ("Medium", 0.8), ("Heavy", 0.8)):
        unit = compile_unit({"p": SOURCE.replace("\\\\", "\\")}, "p", name)
        ours, theirs = f"{name.lower()}, policy", "plain Python"
        assert unit.call("upgrade", dict(DOCUMENT)) == plain(name)(json.loads(json.dumps(DOCUMENT))) or name
        sides = {ours: (transform_seconds, unit.function("upgrade")), theirs: (transform_seconds, plain(name))}
        rows.append(line(measure(sides, texts, rounds), ours, theirs, wanted, len(texts)))
    return rows


def bare(text, function):
    return msgspec.json.encode(function(msgspec.json.decode(text)))


def codec_rows(rounds, count):
    unit = compile_unit({"p": SOURCE.replace("\\\\", "\\")}, "p", "Medium")
    codec, rows = Codec(200, 1 << 20), []
    spellings = {
        "compact": msgspec.json.encode(DOCUMENT),
        "with blanks": json.dumps(DOCUMENT, ensure_ascii=False).encode(),
        "escaped": json.dumps(DOCUMENT).encode(),
        "with 1.10": json.dumps(DOCUMENT, ensure_ascii=False).replace("12.5", "12.50").encode(),
    }
    for name, text in spellings.items():
        for kind, function in (("unchanged", _same), ("changed", unit.function("upgrade"))):
            ours, theirs = f"{name}, {kind}", "bare decode and encode"
            sides = {
                ours: (codec_seconds, partial(codec.transform, function=function)),
                theirs: (codec_seconds, partial(bare, function=function)),
            }
            rows.append(line(measure(sides, [text] * count, rounds), ours, theirs, None, count))
    return rows


def _same(document):
    return document


def main():
    """Print both tables."""
    given = arguments()
    preload()
    texts = [msgspec.json.encode(DOCUMENT | {"n": n}) for n in range(given.documents)]
    print(f"a document has {len(texts[0])} bytes\n")
    print(table(HEAD, language_rows(texts, given.rounds)))
    print()
    print(table(HEAD, codec_rows(given.rounds, given.documents)))
    started = time.perf_counter()
    for _ in range(20):
        compile_unit({"p": SOURCE.replace("\\\\", "\\")}, "p", "Medium")
    print(f"\ncompiling {SOURCE.count(chr(10))} lines: {(time.perf_counter() - started) * 50:.1f} ms")


if __name__ == "__main__":
    main()
