"""Any order of what happens to a store: upgrades, downgrades, deaths, resumes, reinstallations, writers, quarantine.

Each migration counts how often it was done to a document, so that once too often or too seldom shows. What else the
documents hold is known from a model that no migration ever touches.
"""

import json
import shutil
import time
import uuid
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from engine import Engine
from fault_packs import wait_until_left
from sealift.assembly.request import Request
from sealift.errors.base import SealiftError
from sealift.errors.documents import DocumentsFailedError, InterruptedRunError
from sealift.errors.plan import PlanError
from sealift.model.isolation import IsolationLevel
from sealift.model.migration import Direction
from sealift.sandbox import open_cage
from test_size import scaled

PACK = "acme.people"
DOCUMENTS = 24
COUNTED = '''\
"""Counts how often it was done, and refuses documents that say they are bad."""

from sealift import Migration


class Count(Migration):
    version = "{version}"
    collection = "people"

    def upgrade(self, document):
        if document.get("bad") == "{member}":
            raise ValueError("bad")
        document["{member}"] = document.get("{member}", 0) + 1
        return document

    def downgrade(self, document):
        document["{member}"] = document["{member}"] - 1
        if document["{member}"] == 0:
            del document["{member}"]
        return document
'''
MEMBERS = {"1.1.0": "first", "1.2.0": "second"}
FILES = {
    "pack.toml": f'name = "{PACK}"\nbase = "1.0.0"\n\n[collections.people]\n',
    "migrations/split.py": COUNTED.format(version="1.1.0", member="first"),
    "migrations/later.py": COUNTED.format(version="1.2.0", member="second"),
}
AT = {"1.0.0": (0, 0), "1.1.0": (1, 0), "1.2.0": (1, 1)}
TARGETS = [f"{PACK}@base", f"{PACK}@1.1.0", f"{PACK}@1.2.0"]

targets = st.sampled_from(TARGETS)
batches = st.integers(0, 6)
sizes = st.fixed_dictionaries({"workers": st.sampled_from([1, 2, 3]), "batch_rows": st.sampled_from([1, 3, 5])})
keys = st.integers(1, DOCUMENTS)


class World(RuleBasedStateMachine):
    """One store and one pack; ``engine`` and ``cage`` are given by the test."""

    engine: Engine
    cage: object

    def __init__(self):
        super().__init__()
        self.model = {key: {"id": key, "n": 0} for key in range(1, DOCUMENTS + 1)}
        self.is_installed = True
        self.engine.load(list(self.model.values()))

    @contextmanager
    def manager(self, **changes):
        """Return a manager whose workers come from a cage that lives longer than it."""
        manager = self.engine.manager(**changes)
        manager.__dict__["_cage"] = self.cage
        try:
            yield manager
        finally:
            del manager.__dict__["_cage"]
            manager.close()

    def go(self, target, size, *, on_error="stop", until=None, end="stop"):
        """Run towards the target; after so many batches be stopped, or end as if the process had died."""
        way = Direction.DOWNGRADE if self.is_above(target) else Direction.UPGRADE
        with self.manager(on_error=on_error, **size) as manager:
            run = manager.run(Request.of((target,), way))
            for number, _ in enumerate(run):
                if number == until:
                    if end == "death":
                        run.close()
                        return
                    manager.stop()

    def is_above(self, target):
        with self.manager() as manager:
            history = manager.history()
        version = target.partition("@")[2].replace("base", "1.0.0")
        opened = history.open_run(PACK)
        if opened is not None:
            return max(opened.from_version, opened.to_version) > version
        return history.versions.get(PACK, "1.0.0") > version

    def documents(self):
        found = [json.loads(line) for line in self.engine.dump()]
        return {document["id"]: document for document in found}

    @rule(goal=targets, size=sizes, on_error=st.sampled_from(["stop", "quarantine"]))
    def run_to_the_end(self, goal, size, on_error):
        with suppress(DocumentsFailedError, PlanError):
            self.go(goal, size, on_error=on_error)

    @rule(goal=targets, size=sizes, until=batches)
    def run_and_be_stopped(self, goal, size, until):
        with suppress(DocumentsFailedError, InterruptedRunError, PlanError):
            self.go(goal, size, until=until)

    @rule(goal=targets, size=sizes, until=batches)
    def run_and_die(self, goal, size, until):
        with suppress(DocumentsFailedError, PlanError):
            self.go(goal, size, until=until, end="death")

    @rule(goal=targets, milliseconds=st.integers(200, 900), workers=st.sampled_from(["1", "2"]))
    def run_and_be_killed(self, goal, milliseconds, workers):
        verb = "downgrade" if self.is_above(goal) else "upgrade"
        process = self.engine.start(verb, "--yes", "-q", "--batch-rows", "1", "--workers", workers, goal)
        time.sleep(milliseconds / 1000)
        process.kill()
        process.communicate()
        wait_until_left(self.engine)

    @rule(key=keys)
    def write(self, key):
        """As an application does: read, change a member, write unless somebody was faster."""
        if key in self.model:
            document = self.documents()[key]
            document["n"] += 1
            self.model[key]["n"] += 1
            self.engine.execute("UPDATE people SET document = ? WHERE key = ?", _text(document), key)

    @rule(key=keys)
    def delete(self, key):
        self.model.pop(key, None)
        self.engine.execute("DELETE FROM people WHERE key = ?", key)

    @rule(key=keys, member=st.sampled_from(["first", "second", None]))
    def spoil_or_mend(self, key, member):
        if key in self.model:
            document = self.documents()[key]
            for each in (document, self.model[key]):
                each.pop("bad", None)
                if member:
                    each["bad"] = member
            self.engine.execute("UPDATE people SET document = ? WHERE key = ?", _text(document), key)

    @rule(size=sizes)
    def retry_quarantined(self, size):
        with suppress(SealiftError), self.manager(**size) as manager:
            for _ in manager.operations.retry_quarantined((), lambda _: None):
                pass

    @precondition(lambda self: self.is_installed)
    @rule()
    def uninstall(self):
        self.engine.uninstall(PACK)
        self.is_installed = False

    @precondition(lambda self: not self.is_installed)
    @rule()
    def reinstall(self):
        self.restore()
        self.is_installed = True

    def restore(self):
        shutil.copytree(self.engine.folder / "kept-site", self.engine.roots, dirs_exist_ok=True)

    @invariant()
    def nothing_is_lost_and_nothing_done_twice(self):
        documents = self.documents()
        assert documents.keys() == self.model.keys()
        for key, document in documents.items():
            counts = tuple(document.pop(member, 0) for member in MEMBERS.values())
            assert counts in AT.values(), (key, counts)
            assert document == self.model[key]

    @invariant()
    def a_step_that_is_finished_reached_every_document(self):
        with self.manager() as manager:
            history = manager.operations.verified_history()
            aside = {item.key[0] for item in manager.operations.quarantined()}
        if history.open_run(PACK) is None:
            expected = AT[history.versions.get(PACK, "1.0.0")]
            for key, document in self.documents().items():
                counts = tuple(document.get(member, 0) for member in MEMBERS.values())
                assert counts == expected or key in aside, (key, counts, expected)

    def teardown(self):
        """Undisturbed, everything ends where it would have ended anyway: up, and back to the byte."""
        try:
            self.restore()
            for key in list(self.model):
                self.spoil_or_mend(key, None)
            size = {"workers": 1, "batch_rows": 7}
            self.go(TARGETS[2], size)
            with self.manager() as manager:
                results = list(manager.operations.retry_quarantined((), lambda _: None))
            assert [result.failure for result in results] == [None] * len(results)
            assert self.documents() == {key: {**each, "first": 1, "second": 1} for key, each in self.model.items()}
            self.go(TARGETS[0], size)
            assert self.engine.dump() == [_text(each).encode() for each in self.model.values()]
        finally:
            self.restore()


def _text(document):
    return json.dumps(document, separators=(",", ":"))


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Sign and install once; each example only takes the pack away and puts it back."""
    folder = tmp_path_factory.mktemp("machine")
    engine = Engine(folder=folder, database="sqlite://")
    engine.install(version="1.2.0", files=FILES)
    shutil.copytree(engine.roots, folder / "kept-site")
    return folder


@pytest.fixture(scope="module")
def cage():
    with open_cage(accept=IsolationLevel.KERNEL) as opened:
        yield opened


def machine(folder, database, with_cage):
    class Here(World):
        engine = Engine(folder=folder, database=database())
        cage = with_cage

    return Here()


def scaled_up(steps):
    """Return longer orders of events for larger sizes, never shorter ones: short ones show nothing."""
    return max(steps, min(40, scaled(steps)))


def checked(make, *, examples, steps):
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=scaled(examples),
            stateful_step_count=steps,
            deadline=None,
            # Without shrinking, which would take minutes: a failing order of ten steps is read as it is.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_anything_in_any_order_on_sqlite(packs, cage, tmp_path):
    checked(
        lambda: machine(packs, lambda: f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.db", cage),
        examples=4,
        steps=scaled_up(12),
    )


def test_anything_in_any_order_on_postgresql(packs, cage, postgres):
    import psycopg

    def database():
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return postgres.url(name)

    checked(lambda: machine(packs, database, cage), examples=2, steps=scaled_up(10))
