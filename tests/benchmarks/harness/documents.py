"""The documents: orders of about 600 bytes, the same ones every time."""

import hashlib
import json
import random

import orjson

FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Margaret", "Niklaus", "Radia", "Zoë")
LAST = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Thompson", "Hamilton", "van der Berg")
GOODS = ("walnut desk", "reading lamp", "steel ruler", "drawing board", "brass compass", "fountain pen", "blotting pad")
CITIES = ("Lisbon", "Aarhus", "Kraków", "Graz", "Turku", "Ghent", "Porto", "Bergen", "Zürich")
STATES = ("open", "paid", "packed", "shipped", "returned")


def generate(count, seed=20):
    """Yield ``count`` pairs of key and JSON text; keys are 1, 2, 3…"""
    chance = random.Random(seed)
    for key in range(1, count + 1):
        yield key, json.dumps(order(key, chance), ensure_ascii=False, separators=(",", ":"))


def order(key, chance):
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return {
        "id": key,
        "schema_version": 1,
        "name": f"{first} {last}",
        "email": f"{first.lower()}.{key}@example.org",
        "status": chance.choice(STATES),
        "price": chance.randrange(100, 1_000_000) / 100,
        "currency": "EUR",
        "placed_at": f"2025-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}T{chance.randrange(24):02}:00:00Z",
        "address": {
            "street": f"Harbour Road {chance.randrange(1, 400)}",
            "city": chance.choice(CITIES),
            "zip": f"{chance.randrange(10_000, 99_999)}",
        },
        "items": [item(chance) for _ in range(3)],
        "tags": chance.sample(("gift", "fragile", "express", "pickup", "export"), 2),
        "note": "Ring twice, the bell is slow; " + "leave it with the neighbour " * chance.randrange(1, 3),
        "newsletter": chance.random() < 0.5,
    }


def item(chance):
    return {
        "sku": f"SKU-{chance.randrange(100_000, 999_999)}",
        "title": chance.choice(GOODS),
        "qty": chance.randrange(1, 10),
        "weight": chance.randrange(1, 5_000) / 1000,
    }


class Digest:
    """SHA-256 over the values of documents in key order: blanks, escapes and the order of members do not count."""

    def __init__(self):
        self._hash = hashlib.sha256()
        self.count = 0

    def add(self, key, document):
        self._hash.update(b"%d " % key + orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n")
        self.count += 1

    def __str__(self):
        return f"{self.count} documents, sha256 {self._hash.hexdigest()}"


def expected(count, transform):
    """Return the digest of the generated documents after the transform."""
    digest = Digest()
    for key, text in generate(count):
        digest.add(key, transform(json.loads(text)))
    return str(digest)
