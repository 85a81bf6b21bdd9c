"""Files are exchanged between check and use, thousands of times: what comes out is refused, or was signed."""

import hashlib
import time
from collections import Counter
from itertools import repeat
from pathlib import PurePath

import pytest

from file_swapper import swapping
from sealift.errors.trust import TrustError
from sealift.model.pack import PackOrigin
from sealift.packs.reading import read_files
from test_size import scaled

NAMES = tuple(f"migrations/m{number}.py" for number in range(6))
GOOD = {name: f"# {name}\n".encode() * 50 for name in NAMES}
DIGESTS = {name: hashlib.sha256(content).hexdigest() for name, content in GOOD.items()}


@pytest.fixture
def swapped(tmp_path):
    root = tmp_path / "site" / "acme" / "pack"
    (root / "migrations").mkdir(parents=True)
    for name, content in GOOD.items():
        (root / name).write_bytes(content)
    good = {name.rpartition("/")[2]: content for name, content in GOOD.items()}
    with swapping(root, tmp_path / "spare", good, dict.fromkeys(good, b"# EVIL\n" * 50)):
        yield PackOrigin(
            entry_point="acme", module="acme.pack", distribution="acme", distribution_version="1", root=PurePath(root)
        )


def test_exchanged_files_are_refused_or_are_the_signed_ones(swapped):
    outcomes = Counter(outcome(swapped) for _ in range(scaled(3000)))
    # The race must have been real: go on until each outcome was seen, should the machine be busy elsewhere.
    give_up = time.monotonic() + 60
    while not set(outcomes) >= {"signed", "changed", "TRUST-033"} and time.monotonic() < give_up:
        outcomes[outcome(swapped)] += 1
    assert set(outcomes) - {"TRUST-031", "TRUST-032"} == {"signed", "changed", "TRUST-033"}


def outcome(origin):
    try:
        files = read_files(origin, NAMES)
    except TrustError as error:
        return error.code
    if {name: hashlib.sha256(content).hexdigest() for name, content in files.items()} != DIGESTS:
        return "changed"
    # What was checked is what runs: the very bytes, whatever the disk holds by now.
    return "signed" if files == GOOD else "unsigned"


def test_what_was_read_cannot_be_changed(swapped):
    files = next(files for files in map(attempt, repeat(swapped)) if files is not None)
    with pytest.raises(TypeError):
        files["migrations/m0.py"] = b"x"


def attempt(origin):
    try:
        return read_files(origin, NAMES)
    except TrustError:
        return None
