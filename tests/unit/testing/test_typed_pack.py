"""Editors and mypy know what a migration is: typed pack code passes strictly, and mistakes are named."""

import subprocess
import sys

import pytest

from sealift.model.limits import Limits
from sealift.packs.scaffold import create_project
from sealift.sandbox import open_cage

TYPED = '''\
"""Everything a migration may import, with annotations."""

import base64
import collections
import copy
import datetime
import decimal
import hashlib
import itertools
import json
import math
import re
import string
import textwrap
import unicodedata
import uuid
import zoneinfo
from typing import Any

from sealift import Migration

BLANKS = re.compile(r"\\s+")


def _name(text: str) -> dict[str, str]:
    first, _, last = BLANKS.sub(" ", text).partition(" ")
    return {"first": first, "last": last}


class Split(Migration):
    version = "1.1.0"
    collection = "people"
    schema = "schemas/person-1.1.0.json"
    depends_on = ("acme.core>=2.0,<3",)
    loses = ("note",)
    factor = 3

    def upgrade(self, document: dict[str, Any]) -> dict[str, Any]:
        document["name"] = _name(document["name"])
        document["factor"] = self.factor * math.ceil(float(decimal.Decimal("1.5")))
        document["digest"] = hashlib.sha256(base64.b64encode(b"a")).hexdigest()
        document["id"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, unicodedata.normalize("NFC", string.ascii_letters)))
        moment = datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))
        document["text"] = textwrap.shorten(json.dumps({"at": moment.isoformat()}), 40)
        document["copy"] = copy.deepcopy(list(itertools.chain([1], collections.Counter("a").values())))
        return document

    def downgrade(self, document: dict[str, Any]) -> dict[str, Any]:
        document["name"] = f"{document['name']['first']} {document['name']['last']}"
        return document
'''

MISTAKES = {
    "a version that is no text": ('version = "1.1.0"', "version = 1.1", "[assignment]"),
    "a lone text": ('loses = ("note",)', 'loses = "note"', "[assignment]"),
    "nothing is returned": ("-> dict[str, Any]:\n        document", "-> None:\n        document", "[override]"),
    "a misspelt class constant": ("self.factor", "self.facter", "[attr-defined]"),
    "a member that a module lacks": ("math.ceil", "math.ceiling", "[attr-defined]"),
}


def mypy(tmp_path, text):
    path = tmp_path / "migration.py"
    path.write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache"), path]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)


def test_a_typed_migration_passes_strictly_and_is_in_the_language(tmp_path):
    done = mypy(tmp_path, TYPED)
    assert done.returncode == 0, done.stdout
    with open_cage() as cage:
        assert cage.check({"migrations/m.py": TYPED}, Limits()) == []


@pytest.mark.parametrize(("old", "new", "code"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(tmp_path, old, new, code):
    assert old in TYPED
    done = mypy(tmp_path, TYPED.replace(old, new, 1))
    assert done.returncode == 1
    assert code in done.stdout


def test_a_new_packs_own_migration_passes_strictly(tmp_path):
    create_project("acme.orders", tmp_path / "orders")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path / "orders")
    assert done.returncode == 0, done.stdout
    assert "1 source file" in done.stdout
    source = tmp_path / "orders" / "acme_orders" / "pack" / "migrations" / "split_name.py"
    source.write_text(source.read_text().replace("-> dict[str, Any]", "", 1))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path / "orders")
    assert "[no-untyped-def]" in done.stdout
