"""Which classes are migrations, and what their literals say, whatever way they are written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealift.packs.sources import read_classes

BODY = '\n    version = "1.1"\n    collection = "c"\n    def upgrade(self, document): return document\n'


def classes(text):
    found, _ = read_classes(Path("pack"), "migrations/a.py", text.encode())
    return {one.name: one for one in found}


@pytest.mark.parametrize("head", [
    "from sealift import Migration\nclass A(Migration):",
    "from sealift import Migration as M\nclass A(M):",
    "import sealift\nclass A(sealift.Migration):",
    "import sealift as s\nclass A(s.Migration):",
    "from sealift import Migration\nclass Mixin:\n    x = 1\nclass A(Mixin, Migration):",
    "from sealift import Migration\nclass Base(Migration):\n    def helper(self): ...\nclass A(Base):",
    "from sealift import Migration\nclass Base(Migration):\n    pass\nclass Middle(Base):\n    pass\nclass A(Middle):",
])  # fmt: skip
def test_every_way_to_derive_is_found(head):
    assert list(classes(head + BODY)) == ["A"]


@pytest.mark.parametrize("head", [
    "class A:",
    "class Migration: pass\nclass A(Migration):",
    "from other import Migration\nclass A(Migration):",
    "from .sealift import Migration\nclass A(Migration):",
    "class B(A): pass\nclass A(B):",
    "import sealift\nclass A(sealift.Other):",
])  # fmt: skip
def test_nothing_else_is_one(head):
    assert classes(head + BODY) == {}


def test_methods_and_literals_are_inherited_within_the_file():
    text = (
        "from sealift import Migration\n"
        "class Base(Migration):\n    collection = 'far'\n    atomic = True\n    def downgrade(self, d): return d\n"
        "class A(Base):\n    version = '1.1'\n    collection: str = 'near'\n    def upgrade(self, d): return d\n"
    )
    found = classes(text)["A"]
    assert {name: literal.value for name, literal in found.attributes.items()} == {
        "collection": "near", "atomic": True, "version": "1.1",
    }  # fmt: skip
    assert found.methods == {"upgrade", "downgrade"}


def test_a_base_with_a_version_is_a_migration_of_its_own():
    text = "from sealift import Migration\nclass A(Migration):" + BODY + "class B(A):\n    version = '1.2'\n"
    assert list(classes(text)) == ["A", "B"]


def test_assignments_inside_methods_are_no_attributes():
    text = "from sealift import Migration\nclass A(Migration):" + BODY + "    def x(self):\n        version = f()\n"
    assert classes(text)["A"].attributes["version"].value == "1.1"


LINES = st.sampled_from(
    ["class A(Migration):\n", "from sealift import Migration\n", "    version = ", "    version += '1'\n"]
) | st.sampled_from(
    [
        "    x: int\n",
        "    for version in x: pass\n",
        "    def upgrade(self): pass\n",
        "'1'",
        "(",
        "\n",
        "\t",
        "x",
        "[*y]",
        "\\",
    ]
)


@given(st.text() | st.lists(LINES).map("".join))
def test_no_text_breaks_the_reader(text):
    read_classes(Path("pack"), "migrations/a.py", text.encode("utf-8", "surrogatepass"))


@given(st.binary())
def test_no_bytes_break_the_reader(data):
    read_classes(Path("pack"), "migrations/a.py", data)


@pytest.mark.parametrize("data", [b"(" * 100_000, b"-" * 200_000 + b"1", b"x = " + b"[" * 5000 + b"]" * 5000])
def test_deep_nesting_is_a_finding(data):
    found, findings = read_classes(Path("pack"), "migrations/a.py", data)
    assert found == ()
    assert [finding.code for finding in findings] == ["PACK-010"]
