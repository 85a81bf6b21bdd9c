"""Migrations for tests of failures: one that shows repetition, one that refuses documents; and what to look at."""

import json
import time

from engine import Engine
from sample_pack import SPLIT

# A migration that shows when it was done twice, and takes long enough to be caught in the act.
COUNT = '''\
"""Counts how often it was done."""

from sealift import Migration


class Count(Migration):
    version = "1.1.0"
    collection = "people"

    def upgrade(self, document):
        document["times"] = document.get("times", 0) + 1
        document["work"] = sum([number % 7 for number in range(150)])
        return document

    def downgrade(self, document):
        document["times"] = document["times"] - 1
        if document["times"] == 0:
            del document["times"]
        del document["work"]
        return document
'''
ONCE = {"migrations/split.py": COUNT}
SLOW = {"migrations/split.py": COUNT.replace("range(150)", "range(8000)")}
FAST = ("upgrade", "--yes", "-q", "--batch-rows", "20")


def times(engine: Engine) -> list[int]:
    return [json.loads(line).get("times", 0) for line in engine.dump()]


PICKY = SPLIT.replace(
    "        first, _, last",
    '        if document["name"] == "bad":\n            raise ValueError("bad name")\n        first, _, last',
)


def spoil(documents, *keys):
    for document in documents:
        if document["id"] in keys:
            document["name"] = "bad"
    return documents


def wait_until(condition, process, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
