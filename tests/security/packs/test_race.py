"""Files are exchanged between check and use, thousands of times: what comes out is refused, or was signed."""

import hashlib
import subprocess
import sys
import time
from collections import Counter
from itertools import repeat
from pathlib import PurePath

import pytest

from sealift.errors.trust import TrustError
from sealift.model.pack import PackOrigin
from sealift.packs.reading import read_files
from test_size import scaled

NAMES = tuple(f"migrations/m{number}.py" for number in range(6))
GOOD = {name: f"# {name}\n".encode() * 50 for name in NAMES}
DIGESTS = {name: hashlib.sha256(content).hexdigest() for name, content in GOOD.items()}

# Exchanges a file by another one, by a link to another one, and the folder by a link to another folder, for ever.
SWAPPER = """
import os, sys
root, spare = sys.argv[1:]
names = ["m%d.py" % number for number in range(6)]
print("ready", flush=True)
while True:
    for name in names:
        file = f"{root}/migrations/{name}"
        for kind in ("evil", "link", "good"):
            new = f"{spare}/new"
            if kind == "link":
                os.symlink(f"{spare}/evil/{name}", new)
            else:
                os.link(f"{spare}/{kind}/{name}", new)
            os.replace(new, file)
    os.rename(f"{root}/migrations", f"{spare}/aside")
    os.symlink(f"{spare}/evil", f"{root}/migrations")
    os.unlink(f"{root}/migrations")
    os.rename(f"{spare}/aside", f"{root}/migrations")
"""


@pytest.fixture
def swapped(tmp_path):
    root, spare = tmp_path / "site" / "acme" / "pack", tmp_path / "spare"
    for folder in (root / "migrations", spare / "good", spare / "evil"):
        folder.mkdir(parents=True)
    for name, content in GOOD.items():
        short = name.rpartition("/")[2]
        (root / name).write_bytes(content)
        (spare / "good" / short).write_bytes(content)
        (spare / "evil" / short).write_bytes(b"# EVIL\n" * 50)
    swapper = subprocess.Popen([sys.executable, "-c", SWAPPER, str(root), str(spare)], stdout=subprocess.PIPE)
    swapper.stdout.readline()
    yield PackOrigin(
        entry_point="acme", module="acme.pack", distribution="acme", distribution_version="1", root=PurePath(root)
    )
    swapper.kill()
    swapper.wait()
    swapper.stdout.close()


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
