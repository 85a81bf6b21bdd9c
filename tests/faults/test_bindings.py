"""Collections where applications have them: other names, other keys, text or binary JSON, or no document column."""

import json

import pytest

from engine import Engine
from sealift.assembly.request import Request
from sealift.config import Settings
from sealift.errors.documents import DocumentsFailedError
from sealift.execution.dry_run import DryCount, DryFailure
from sealift.model.migration import Direction
from sealift.ports import Binding

TOML = 'name = "acme.people"\nbase = "1.0.0"\n\n[collections.people]\n'
UPPER = '''\
"""Names in capitals; refuses one."""

from sealift import Migration


class Upper(Migration):
    version = "1.1.0"
    collection = "people"

    def upgrade(self, document):
        if document["name"] == "bad":
            raise ValueError("bad name")
        if document["name"].isupper():
            raise ValueError("done twice")
        document["name"] = document["name"].upper()
        return document

    def downgrade(self, document):
        document["name"] = document["name"].lower()
        return document
'''
FILES = {"migrations/split.py": UPPER, "pack.toml": TOML}
IDS = [f"{n:08x}-0000-4000-8000-{n * 7 % 11:012x}" for n in (9, 1, 12, 3, 10, 2, 11, 4)]
NAMES = ["ann", "bob", "bad", "cleo", "dan", "eve", "flo", "gus"]
TEXTS = ["a", "B", "b", "A", "ä", "Z", "z", "_"]
PAIRS = [(n % 3, text) for n, text in enumerate(TEXTS)]
KEYS = {
    "integer": ("k INTEGER PRIMARY KEY", ("k",), [(n,) for n in (5, 3, -1, 8, 100, 20, 7, 1)]),
    "text": ("k VARCHAR(40) NOT NULL PRIMARY KEY", ("k",), [(text,) for text in TEXTS]),
    "uuid": ("k UUID NOT NULL PRIMARY KEY", ("k",), [(text,) for text in IDS]),
    "composite": ("k INTEGER NOT NULL, j VARCHAR(9) NOT NULL, PRIMARY KEY (k, j)", ("k", "j"), PAIRS),
    "unique": ("pk INTEGER NOT NULL PRIMARY KEY, k VARCHAR(9) NOT NULL UNIQUE", ("k",), [(text,) for text in TEXTS]),
}


def bound(engine: Engine, binding: Binding) -> Engine:
    return Engine(folder=engine.folder, database=engine.database, settings={"collections": {"people": binding}})


def filled(engine, kind, key, document="JSON"):
    """Make a table as an application has it, under its own names."""
    declared, columns, keys = KEYS[key]
    engine.execute_script(f"CREATE TABLE crm_customers (data {kind.get(document, document)}, {declared})")
    for number, (values, name) in enumerate(zip(keys, NAMES, strict=True)):
        names, given = ["data", *columns], [json.dumps({"name": name}, separators=(",", ":")), *values]
        if key == "unique":
            names, given = [*names, "pk"], [*given, number]
        engine.execute(f"INSERT INTO crm_customers ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", *given)
    engine.install(files=FILES)
    return bound(engine, Binding(table="crm_customers", key=columns, document="data"))


def names(engine):
    return sorted(json.loads(line)["name"] for line in engine.dump())


def kinds_of(engine):
    return {} if engine.database.startswith("postgresql") else {"jsonb": "JSON"}


@pytest.mark.parametrize(
    ("key", "document"),
    [("integer", "JSON"), ("text", "jsonb"), ("uuid", "TEXT"), ("composite", "jsonb"), ("unique", "TEXT")],
)
def test_a_half_done_step_over_any_key_is_tried_resumed_and_taken_back(engine, key, document):
    """The dry run of the rest looks at exactly the documents that are left, in the store's own order of keys."""
    here = filled(engine, kinds_of(engine), key, document)
    before = here.dump()
    with pytest.raises(DocumentsFailedError):
        here.upgrade(batch_rows=2)
    done = sum(name.isupper() for name in names(here))
    with here.manager(batch_rows=3) as manager:
        *failures, count = manager.dry_run(Request.of((), Direction.UPGRADE))
    assert [item.document.message for item in failures if isinstance(item, DryFailure)] == ["ValueError: bad name"]
    assert isinstance(count, DryCount)
    assert (count.seen, count.changed, count.failed) == (8, 7 - done, 1)
    with here.manager(batch_rows=3) as manager:
        (count,) = manager.dry_run(Request.of(("acme.people@base",), Direction.DOWNGRADE))
    assert (count.changed, count.failed) == (done, 0)
    here.downgrade("acme.people@base", batch_rows=3)
    assert here.dump() == before
    here.upgrade(batch_rows=3, on_error="quarantine", workers=2)
    assert names(here) == sorted(name if name == "bad" else name.upper() for name in NAMES)


def test_a_row_is_a_document(engine):
    engine.execute_script("CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), score NUMERIC(10, 2))")
    for number in range(1, 8):
        engine.execute("INSERT INTO people VALUES (?, ?, ?)", number, f"name{number}", 1.5)
    engine.install(files=FILES)
    here = bound(engine, Binding(table="people"))
    engine.upgrade(batch_rows=2)
    rows = [json.loads(line) for line in here.dump()]
    assert [row["name"] for row in rows] == [f"NAME{number}" for number in range(1, 8)]
    assert {row["score"] for row in rows} == {1.5}
    engine.downgrade("acme.people@base")
    assert [json.loads(line)["name"] for line in here.dump()] == [f"name{number}" for number in range(1, 8)]


def test_the_binding_of_the_configuration_file_reaches_the_store(engine, tmp_path):
    filled(engine, kinds_of(engine), "text")
    table = '[collections.people]\ntable = "crm_customers"\nkey = "k"\ndocument = "data"\n'
    (tmp_path / "sealift.toml").write_text(table)
    settings = Settings.read(flags={}, environ={}, config=None, directory=tmp_path)
    assert settings.collections == {"people": Binding(table="crm_customers", key=("k",), document="data")}
    engine.command("upgrade", "--yes", "--on-error", "quarantine")
    assert "bad name" in engine.command("quarantine", "list")
    lines = engine.command("-q", "dump", "--collection", "people").splitlines()
    assert sorted(json.loads(line)["name"] for line in lines) == sorted(
        name if name == "bad" else name.upper() for name in NAMES
    )
