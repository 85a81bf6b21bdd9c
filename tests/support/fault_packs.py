"""Migrations for tests of failures: one that shows repetition, one that refuses documents; and what to look at."""

import json
import time

import psycopg

from engine import Engine
from sample_pack import SPLIT

# A migration that shows when it was done twice, and takes as long as a document's weight says.
COUNT = '''\
"""Counts how often it was done."""

from sealift import Migration


class Count(Migration):
    version = "1.1.0"
    collection = "people"

    def upgrade(self, document):
        document["times"] = document.get("times", 0) + 1
        document["work"] = sum([number % 7 for number in range(document.get("weight", 150))])
        return document

    def downgrade(self, document):
        document["times"] = document["times"] - 1
        if document["times"] == 0:
            del document["times"]
        del document["work"]
        return document
'''
ONCE = {"migrations/split.py": COUNT}
FAST = ("upgrade", "--yes", "-q", "--batch-rows", "20")
ENDLESS = {
    "migrations/split.py": COUNT.replace(
        '        document["times"] = document.get',
        '        while document.get("endless"):\n            pass\n        document["times"] = document.get',
    )
}
"""Never ends with a document that says so."""


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


_SLOWLY = "CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {} RETURN new; END'"


def slow_down(engine: Engine) -> None:
    """Let each document take about twenty milliseconds, until ``speed_up``: in PostgreSQL itself, else in the worker.

    A run that is to be caught in the act has then much more to do than the test can miss, whichever of the two does
    not get on for a while.
    """
    if engine.database.startswith("postgresql"):
        engine.execute(_SLOWLY.format("PERFORM pg_sleep(0.02);"))
        engine.execute("CREATE TRIGGER slow BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION slowly()")
    else:  # where a slow writer would leave nobody else a turn
        engine.execute("UPDATE people SET document = json_set(document, '$.weight', 150000)")


def speed_up(engine: Engine) -> None:
    """Let documents take no more time than they need; on PostgreSQL also those of a run that goes on."""
    if engine.database.startswith("postgresql"):
        engine.execute(_SLOWLY.format(""))
    else:
        engine.execute("UPDATE people SET document = json_remove(document, '$.weight')")


def wait_until_left(engine: Engine, seconds=60) -> None:
    """Wait until the server ended the sessions of a command that is gone: one may still commit what it was sent."""
    if not engine.database.startswith("postgresql"):
        return
    until = time.monotonic() + seconds
    with psycopg.connect(engine.database, autocommit=True) as connection:
        while connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sealift'"
        ).fetchall():
            assert time.monotonic() < until, "a session was not ended in time"
            time.sleep(0.02)


def wait_until(condition, process, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
