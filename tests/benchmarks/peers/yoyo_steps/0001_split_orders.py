"""Split orders: one step, pages by key, executemany."""

import json

from transform import upgrade
from yoyo import step

PAGE = 1000


def apply(connection):
    # sqlite3 writes placeholders as `?`, psycopg as `%s`.
    sqlite = type(connection).__module__.startswith(("sqlite3", "yoyo.backends.core.sqlite"))
    mark, text = ("?", "document") if sqlite else ("%s", "document::text")
    cursor = connection.cursor()
    last = 0
    while True:
        cursor.execute(f"SELECT key, {text} FROM orders WHERE key > {mark} ORDER BY key LIMIT {PAGE}", (last,))
        rows = cursor.fetchall()
        if not rows:
            return
        changes = [(json.dumps(upgrade(json.loads(document))), key) for key, document in rows]
        cursor.executemany(f"UPDATE orders SET document = {mark} WHERE key = {mark}", changes)
        last = rows[-1][0]


steps = [step(apply)]
