"""Files are exchanged between check and use while the real manager verifies and the real worker runs them.

Whatever the disk held at any moment: what a worker is given are the signed bytes, and what comes back was made by them.
"""

import time
from collections import Counter

import pytest

from file_swapper import swapping
from sealift.assembly.request import Request
from sealift.errors.trust import TrustError
from sealift.execution.dry_run import DryCount
from sealift.model.migration import Direction
from sealift.trust.verification import Purpose
from signed_packs import SPLIT, situation
from test_size import scaled
from trust_line import Line, Watch

SCRIPT = "migrations/split_name.py"
EVIL = SPLIT.replace(b'{"first": first, "last": last}', b'"EVIL"')
PAUSE = 0.0005
"""Seconds between two exchanges: a verification takes about as long."""


@pytest.fixture
def line(tmp_path):
    line = Line(folder=tmp_path)
    line.load()
    line.write(situation())
    return line


@pytest.fixture
def swapped(line):
    names = "split_name.py"
    with swapping(line.pack, line.folder / "spare", {names: SPLIT}, {names: EVIL}, PAUSE):
        yield line


def verified(line, rounds: int) -> Counter[str]:
    """Verify as a run does, this often; say what became of it."""
    with line.manager() as manager:
        inventory = manager.inventory(Purpose.NEW_WORK)
        return Counter(_verified(inventory) for _ in range(rounds))


def _verified(inventory) -> str:
    try:
        files = inventory.verify(inventory.attested["acme.orders"]).files
    except TrustError as error:
        return error.code
    return "signed" if files[SCRIPT] == SPLIT else "UNSIGNED"


def ran(line, watch) -> str:
    """Run the migration on every document in a real worker, writing nothing; say what became of it."""
    watch.files.clear()
    try:
        with line.manager() as manager:
            (count,) = manager.dry_run(Request.of(["acme.orders"], Direction.UPGRADE))
    except TrustError as error:
        return error.code
    assert isinstance(count, DryCount)
    assert watch.files
    made = b"".join(sample.after for sample in count.samples)
    given = {files[SCRIPT] for files in watch.files}
    return "signed" if given == {SPLIT} and b"EVIL" not in made and b"First1" in made else "UNSIGNED"


def test_nothing_unsigned_is_ever_verified(swapped):
    outcomes = verified(swapped, scaled(5000))
    # The race must have been real: go on until each kind of outcome was seen, should the machine be busy elsewhere.
    give_up = time.monotonic() + 60
    while not set(outcomes) >= {"signed", "TRUST-030", "TRUST-033"} and time.monotonic() < give_up:
        outcomes += verified(swapped, 100)
    assert set(outcomes) - {"TRUST-031", "TRUST-032"} == {"signed", "TRUST-030", "TRUST-033"}


def test_nothing_unsigned_ever_reaches_a_worker(swapped, monkeypatch):
    watch = Watch()
    monkeypatch.setattr("sealift.sandbox.open_cage", watch)
    outcomes = Counter(ran(swapped, watch) for _ in range(scaled(60)))
    give_up = time.monotonic() + 60
    while not outcomes["signed"] and time.monotonic() < give_up:
        outcomes[ran(swapped, watch)] += 1
    assert outcomes["signed"]
    assert set(outcomes) <= {"signed", "TRUST-030", "TRUST-031", "TRUST-032", "TRUST-033"}
    assert swapped.documents()[0]["name"] == "First1 Last1"


def test_the_evil_file_would_show(line, monkeypatch):
    """Without verification the exchanged file is compiled and run, and both witnesses say so."""
    monkeypatch.setattr("sealift.trust.verification._check_digests", lambda *_: None)
    (line.pack / SCRIPT).write_bytes(EVIL)
    watch = Watch()
    monkeypatch.setattr("sealift.sandbox.open_cage", watch)
    assert ran(line, watch) == "UNSIGNED"
    assert verified(line, 1) == Counter(["UNSIGNED"])
