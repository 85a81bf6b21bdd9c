"""Cost of one document, and of opening a store: native drivers against the portable path and a bare script.

Run: ``python tests/benchmarks/store_rows.py [DOCUMENTS]``. Prints medians over interleaved rounds; compare by ratios.
"""

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import psycopg

from postgres_server import running_postgres
from sealift.model.batch import Checkpoint
from sealift.ports import Binding
from store_backends import BACKENDS, Backend, changes, leased

ROUNDS = 5
ROWS = 1000
BODY = b"x" * 560


def main() -> None:
    """Print two tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        times: dict[tuple[str, str], list[float]] = {}
        for number in range(ROUNDS):
            for name in BACKENDS:
                with made(name, Path(folder) / f"{number}{name}.db", server, number) as backend:
                    for what, seconds in measure(backend, count).items():
                        times.setdefault((what, name), []).append(seconds / count * 1e6)
            for what, seconds in bare_sqlite(Path(folder) / f"{number}bare.db", count).items():
                times.setdefault((what, "bare sqlite3"), []).append(seconds / count * 1e6)
    print(f"{'microseconds a document':24}", *(f"{what:>10}" for what in ("insert", "read", "write")))
    for name in ("bare sqlite3", *BACKENDS):
        print(f"{name:24}", *(f"{statistics.median(times[what, name]):10.2f}" for what in ("insert", "read", "write")))
    print(f"\n{'start-up':24} {'ms':>10}")
    for label, program in PROGRAMS.items():
        print(f"{label:24} {start_up(program):10.1f}")


PROGRAMS = {
    "python -c pass": "pass",
    "import sealift.stores": "import sealift.stores",
    "open sqlite natively": "from sealift.stores import open_store; open_store('sqlite://').entries()",
    "open sqlite portably": "from sealift.stores import open_store; open_store('sqlite+pysqlite://').entries()",
    "import psycopg": "import psycopg",
    "import sqlalchemy": "import sqlalchemy",
}


def start_up(program: str) -> float:
    """Return the median milliseconds of a fresh process."""
    spent = []
    for _ in range(2 * ROUNDS + 1):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


class made:  # noqa: N801 - used like a function
    """An empty database, removed afterwards."""

    def __init__(self, name, path, server, number):
        self._context = None
        if name.startswith("postgresql"):
            self._context = server.database(f"bench{number}_{name.replace('-', '_')}")
            scheme = "postgresql" if name == "postgresql" else "postgresql+psycopg"
            self.backend = Backend(name=name, url=server.url(self._context.__enter__(), scheme=scheme))
        else:
            sqlite3.connect(path).close()
            path.touch()
            self.backend = Backend(name=name, url=f"{'sqlite' if name == 'sqlite' else 'sqlite+pysqlite'}:///{path}")

    def __enter__(self):
        return self.backend

    def __exit__(self, *problem):
        if self._context is not None:
            self._context.__exit__(*problem)


def measure(backend: Backend, count: int) -> dict[str, float]:
    """Return the seconds of inserting, reading, and writing every document with a checkpoint a page."""
    spent = {}
    with closing(backend.open()) as store, leased(store) as lease:
        bound = store.create_collection("docs", Binding(), integer_key=True)
        begun = time.perf_counter()
        with store.transaction(lease) as transaction:
            transaction.insert(bound, (((n,), b'{"n":%d,"t":"%s"}' % (n, BODY)) for n in range(count)))
        spent["insert"] = time.perf_counter() - begun
        if backend.is_postgres:
            with psycopg.connect(backend.plain_url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE docs")
        spent |= {"read": 0.0, "write": 0.0}
        after = None
        while True:
            begun = time.perf_counter()
            page = bound.read(after=after, until=None, rows=ROWS, max_bytes=8 << 20)
            spent["read"] += time.perf_counter() - begun
            if not page.keys:
                return spent
            after = page.keys[-1]
            batch = changes(page, lambda text: text + b" ")
            begun = time.perf_counter()
            with store.transaction(lease) as transaction:
                assert not transaction.replace(bound, batch)
                transaction.checkpoint("run", Checkpoint(after=after))
            spent["write"] += time.perf_counter() - begun


def bare_sqlite(path: Path, count: int) -> dict[str, float]:
    """Return the same for a script: no compare-and-set, no checkpoint, no lease."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = bytes
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE docs (key INTEGER PRIMARY KEY, document JSON NOT NULL)")
    begun = time.perf_counter()
    connection.execute("BEGIN")
    rows = ((n, (b'{"n":%d,"t":"%s"}' % (n, BODY)).decode()) for n in range(count))
    connection.executemany("INSERT INTO docs VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    spent = {"insert": time.perf_counter() - begun, "read": 0.0, "write": 0.0}
    last = -1
    while True:
        begun = time.perf_counter()
        page = connection.execute("SELECT key, document FROM docs WHERE key > ? ORDER BY key LIMIT ?", (last, ROWS))
        found = page.fetchall()
        spent["read"] += time.perf_counter() - begun
        if not found:
            connection.close()
            return spent
        last = found[-1][0]
        batch = [(text + b" ", key) for key, text in found]
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE docs SET document = ? WHERE key = ?", [(t.decode(), key) for t, key in batch])
        connection.execute("COMMIT")
        spent["write"] += time.perf_counter() - begun


if __name__ == "__main__":
    main()
