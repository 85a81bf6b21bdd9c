"""Addresses, and everything that can be wrong with them."""

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from sealift.errors.store import (
    DriverMissingError,
    NotADatabaseError,
    StoreMissingError,
    StoreUnreachableError,
    StoreUrlError,
    UnknownDialectError,
)
from sealift.stores import open_store
from sealift.stores.address import shown, sqlite_path


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_a_missing_file_is_refused_and_not_made(tmp_path, scheme):
    path = tmp_path / "missing.db"
    with pytest.raises(StoreMissingError) as caught:
        open_store(f"{scheme}:///{path}")
    assert caught.value.exit_status == 2
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_a_file_is_made_when_asked_for(tmp_path, scheme):
    path = tmp_path / "nëw %20?.db" if scheme == "sqlite" else tmp_path / "new.db"
    url = f"{scheme}:///{path}".replace("%", "%25").replace("?", "%3F")
    with closing(open_store(url, create=True)) as store:
        store.prepare()
    assert path.is_file()


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_another_file_is_no_database(tmp_path, scheme):
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, this is a letter and no database at all.\n" * 100)
    with pytest.raises(NotADatabaseError) as caught:
        open_store(f"{scheme}:///{path}")
    assert caught.value.exit_status == 2


def test_memory_is_a_store():
    with closing(open_store("sqlite://")) as store:
        store.prepare()
        assert store.entries() == []


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", StoreUrlError),
        ("data.db", StoreUrlError),
        ("sqlite://data.db", StoreUrlError),
        ("sqlite:///a.db?mode=ro", StoreUrlError),
        ("postgresql://host:port/x", StoreUnreachableError),
        ("postgresql://host/x?nonsense=1", StoreUnreachableError),
        ("nosuch://host/x", UnknownDialectError),
        ("sqlite+aiosqlite:///a.db", UnknownDialectError),
        ("postgresql+asyncpg://host/x", UnknownDialectError),
        ("postgresql+psycopg_async://host/x", UnknownDialectError),
        ("oracle://host/x", DriverMissingError),
        ("mysql+pymysql://host/x", DriverMissingError),
    ],
)
def test_an_unusable_address_is_a_usage_error(url, error):
    with pytest.raises(error) as caught:
        open_store(url)
    assert caught.value.exit_status == 2
    assert caught.value.hint()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_that_does_not_answer_is_a_usage_error(scheme):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"{scheme}://ada:secret@127.0.0.1:{taken.getsockname()[1]}/x"
        with pytest.raises(StoreUnreachableError) as caught:
            open_store(url)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_status == 2


def test_a_database_that_does_not_exist_is_named(postgres):
    with pytest.raises(StoreUnreachableError, match="nowhere"):
        open_store(postgres.url("nowhere"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p%40@h:1/d?password=x&host=y", "postgresql://u:***@h:1/d?password=***&host=y"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("mysql://u:a:b@h/d", "mysql://u:***@h/d"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_passwords_are_never_shown(url, expected):
    assert shown(url) == expected


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///a/b.db", "a/b.db"),
        ("sqlite:////a/b.db", "/a/b.db"),
        ("sqlite:///a%20b.db", "a b.db"),
        ("sqlite://", ":memory:"),
        ("sqlite:///:memory:", ":memory:"),
    ],
)
def test_paths_of_sqlite(url, path):
    assert sqlite_path(url) == path


def test_the_fast_paths_import_no_sqlalchemy(tmp_path):
    path = tmp_path / "a.db"
    sqlite3.connect(path).close()
    path.touch()
    program = (
        "import sys; from sealift.stores import open_store; s = open_store(sys.argv[1]); s.entries(); s.close();"
        "print(sorted({'sqlalchemy', 'psycopg', 'msgspec', 'uuid', 'difflib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{path}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
