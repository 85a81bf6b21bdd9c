"""The language rows of the corpus as upgrades of a real store: what is refused or fails writes nothing.

Each row is a verified pack, a step, an SQLite store with three documents, and a locked worker. Only one thing is not as
in a run: the digest that the hash seed of a worker follows from is the same for all, so that they have one fork-server.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from language_cases import CASES, PATH, Case, migration
from sealift.assembly.language import check_language
from sealift.config import Settings
from sealift.errors.documents import DocumentsFailedError
from sealift.errors.run import UnitRefusedError, WorkerError
from sealift.errors.trust import TrustError
from sealift.manager import MigrationManager
from sealift.model.history import MigrationHistory
from sealift.model.limits import Limits
from sealift.model.migration import Direction, MigrationInfo
from sealift.model.pack import Pack
from sealift.model.plan import Step
from sealift.sandbox import open_cage
from sealift.trust.statement import statement_bytes
from sealift.trust.verification import verify_files, verify_manifest
from signed_packs import NOW, PolicyText, envelope_of, manifest_of, new_signer, origin_of

MIGRATION = MigrationInfo(version="1.1.0", path=PATH, class_name="Case", collection="people")
REFUSED_EARLIER = ("A07-compat", "T01-", "T02-", "T03-", "T04-", "T05-", "T06-")
"""Rows whose characters, or size, are refused when the pack is verified: not even a worker gets to see them."""
OTHER = '{"a":2,"t":"text","l":[],"d":{"k":"v"}}'


class OneSeed:
    """The real cage; all packs have one fork-server."""

    def __init__(self, cage):
        self._cage = cage

    def warm(self, digest):
        """Leave it to ``open``."""

    def open(self, unit, limits):
        return self._cage.open(replace(unit, digest="0"), limits)

    def check(self, sources, limits, digest="lint"):
        del digest
        return self._cage.check(sources, limits, "0")

    def close(self):
        """Stay open: another row comes."""


@pytest.fixture(scope="module")
def cage():
    with open_cage() as opened:
        yield OneSeed(opened)


@pytest.fixture(scope="module")
def signer():
    return new_signer()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A store in which a run has nothing left to prepare."""
    path = tmp_path_factory.mktemp("store") / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (key INTEGER PRIMARY KEY, document JSON NOT NULL)")
        connection.commit()
    with manager_of(path) as manager, manager.only_runner():
        """Its tables are there now."""
    return path


def manager_of(path, **settings):
    values = Settings.of(database=f"sqlite:///{path}", trusted_keys=str(path.parent), operator="tester", **settings)
    return MigrationManager(settings=values, clock=lambda: NOW)


def store_of(template, folder, documents):
    path = folder / "store.db"
    shutil.copy(template, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("INSERT INTO people VALUES (?, ?)", enumerate(documents, start=1))
        connection.commit()
    return path


def verified(case, signer):
    files = {
        PATH: case.source.encode("utf-8", "surrogatepass"),
        "pack.toml": b'name = "acme.case"\nbase = "1.0.0"\n[collections.people]\n',
    }
    manifest = manifest_of(files, pack="acme.case", collections={"people": None}, migrations=(MIGRATION,))
    envelope = envelope_of(statement_bytes(manifest), signer)
    policy = PolicyText(keys={"release": signer}).parse()
    pack = Pack(origin=origin_of(manifest), envelope=envelope)
    return verify_files(verify_manifest(pack, policy, now=NOW), files)


def upgrade(path, pack, cage, **settings):
    """Do what a run does once its plan is made."""
    from sealift.execution.steps import StepRun

    step = Step(
        pack="acme.case",
        direction=Direction.UPGRADE,
        migration=MIGRATION,
        from_version="1.0.0",
        to_version="1.1.0",
        digest=pack.attested.digest,
        reason="a row of the corpus",
    )
    with manager_of(path, **settings) as manager:
        manager.__dict__["_cage"] = cage
        with manager.only_runner() as lease:
            check_language(cage, [pack], Limits())
            run = StepRun(shop=manager.shop(lease), step=step, pack=pack, history=MigrationHistory())
            for _ in run.execute():
                """It goes on by itself."""


def everything(path):
    """Return every table with every row as SQL, and the documents as they are stored."""
    with closing(sqlite3.connect(path)) as connection:
        tables = "\n".join(connection.iterdump())
        documents = [
            bytes(row[0]) for row in connection.execute("SELECT CAST(document AS BLOB) FROM people ORDER BY key")
        ]
    return tables, documents


def rows(kinds):
    cases = [case for case in CASES if case.kind in kinds and case.name != "T04-lone-surrogate"]  # bytes cannot hold it
    return [pytest.param(case, id=case.name) for case in cases]


def documents_of(case):
    return [case.document.decode(), OTHER, case.document.decode()]


@pytest.mark.parametrize("case", rows("D"))
def test_what_is_refused_when_compiled_writes_nothing_at_all(template, tmp_path, cage, signer, case):
    path = store_of(template, tmp_path, documents_of(case))
    before, documents = everything(path)

    with pytest.raises(TrustError if case.name.startswith(REFUSED_EARLIER) else UnitRefusedError):
        upgrade(path, verified(case, signer), cage)

    after, stored = everything(path)
    assert stored == documents
    assert without_lock(after) == without_lock(before)


def without_lock(tables):
    """Return the lines but the one that counts how often the lock was taken."""
    return [line for line in tables.splitlines() if "'token'" not in line]


@pytest.mark.parametrize("case", rows("ER"))
def test_what_fails_changes_no_document(template, tmp_path, cage, signer, case):
    path = store_of(template, tmp_path, documents_of(case))
    _, documents = everything(path)

    with pytest.raises(DocumentsFailedError) as caught:
        upgrade(path, verified(case, signer), cage)

    assert {failure.key for failure in caught.value.failures} >= {"1", "3"}
    assert {failure.code for failure in caught.value.failures if failure.key != "2"} == {case.code}
    assert everything(path)[1] == documents


@pytest.mark.parametrize("case", rows("K"))
def test_what_ends_the_worker_changes_no_document(template, tmp_path, cage, signer, case):
    path = store_of(template, tmp_path, [case.document.decode()])
    _, documents = everything(path)

    with pytest.raises((DocumentsFailedError, WorkerError)) as caught:
        upgrade(path, verified(case, signer), cage, worker_seconds=0.7)

    if isinstance(caught.value, DocumentsFailedError):  # else the source itself ended it, before any document
        assert [failure.key for failure in caught.value.failures] == ["1"]
    assert everything(path)[1] == documents


def test_v11_a_document_that_crashes_the_encoder_is_named_among_others(template, tmp_path, cage, signer):
    """Together with others it ends the worker; repeated alone it is named, and the others are as they should be."""
    explodes = (
        "if document['a'] == 3:\n    x = 'a'\n    for _ in range(8):\n        x = [x] * 100\n    document['x'] = x"
    )
    case = Case("V11-in-a-batch", "K", migration(explodes))
    path = store_of(template, tmp_path, [json.dumps({"a": number}) for number in range(1, 6)])
    _, documents = everything(path)

    with pytest.raises(DocumentsFailedError) as caught:
        upgrade(path, verified(case, signer), cage)

    assert [(failure.key, failure.code) for failure in caught.value.failures] == [("3", "limit")]
    assert everything(path)[1] == documents


@pytest.mark.parametrize("case", rows("O"))
def test_what_works_changes_what_it_should(template, tmp_path, cage, signer, case):
    """The test's own guard: this is the way by which documents are written."""
    path = store_of(template, tmp_path, [case.document.decode()])

    upgrade(path, verified(case, signer), cage)

    assert json.loads(everything(path)[1][0]) == json.loads(case.result or case.document)
