"""The script one writes by hand: sqlite3 and orjson, pages by key, a commit and a checkpoint every 1,000 documents."""

import argparse
import sqlite3

import orjson
from transform import upgrade
from validators import checker

PAGE = 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--validate", default="none", choices=["none", "jsonschema-rs", "jsonschema"])
    parser.add_argument("--schema")
    arguments = parser.parse_args()
    check = checker(arguments.validate, arguments.schema)
    connection = sqlite3.connect(arguments.database, isolation_level=None)
    connection.execute("CREATE TABLE IF NOT EXISTS progress (last INTEGER NOT NULL)")
    last = connection.execute("SELECT max(last) FROM progress").fetchone()[0]
    if last is None:
        connection.execute("INSERT INTO progress VALUES (0)")
    last = last or 0
    while rows := connection.execute(
        "SELECT key, document FROM orders WHERE key > ? ORDER BY key LIMIT ?", (last, PAGE)
    ).fetchall():
        documents = [upgrade(orjson.loads(text)) for _, text in rows]
        check(documents)
        changes = [(orjson.dumps(new).decode(), key) for new, (key, _) in zip(documents, rows, strict=True)]
        last = rows[-1][0]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE orders SET document = ? WHERE key = ?", changes)
        connection.execute("UPDATE progress SET last = ?", (last,))
        connection.execute("COMMIT")
    connection.close()


main()
