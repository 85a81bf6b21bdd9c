"""What every implementation of ``ports.Cage`` promises: the locked one, and the one for a debugger."""

import textwrap

import pytest

from sealift.errors.run import HookFailedError
from sealift.model.limits import Limits
from sealift.model.migration import Direction
from sealift.ports import Unit
from sealift.sandbox import open_cage
from sealift.testing.in_process import OpenCage

PATH = "migrations/m.py"
SOURCE = """
    from sealift import Migration

    class Rename(Migration):
        before = "order@1"
        after = "order@2"

        def pre_upgrade(self, facts):
            if facts["documents"] < 0:
                raise ValueError("no documents")

        def upgrade(self, document):
            if document["n"] % 2:
                document["odd"] = True
            return document

        def downgrade(self, document):
            document.pop("odd", None)
            return document
"""


@pytest.fixture(params=["locked", "in process"])
def cage(request, tmp_path):
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_text(textwrap.dedent(SOURCE), encoding="utf-8")
    cage = open_cage() if request.param == "locked" else OpenCage(tmp_path)
    yield cage
    cage.close()


def unit(direction=Direction.UPGRADE):
    files = {PATH: textwrap.dedent(SOURCE).encode()}
    return Unit(pack="acme.orders", digest="sha256:a", files=files, path=PATH, class_name="Rename", direction=direction)


def test_outcomes_stand_where_their_documents_stood(cage):
    session = cage.open(unit(), Limits())
    session.send([b'{"n":1}', b'{"n":2}'])
    session.send([b'{"n":3}'])

    assert session.receive() == [b'{"n":1,"odd":true}', None]
    assert session.receive() == [b'{"n":3,"odd":true}']
    session.close()


def test_the_other_way(cage):
    session = cage.open(unit(Direction.DOWNGRADE), Limits())
    session.send([b'{"n":1,"odd":true}'])

    assert session.receive() == [b'{"n":1}']
    session.close()


def test_what_the_class_offers_and_what_its_hooks_say(cage):
    session = cage.open(unit(), Limits())

    assert session.report.methods >= {"upgrade", "downgrade", "pre_upgrade"}
    session.hook("pre_upgrade", {"documents": 1})
    session.hook("post_upgrade", {"documents": 1})  # the class has none
    with pytest.raises((HookFailedError, ValueError), match="no documents"):
        session.hook("pre_upgrade", {"documents": -1})
    session.close()


def test_the_language_is_checked_without_running(cage):
    (finding,) = cage.check({PATH: "import os\n"}, Limits())

    assert (finding.path, finding.line) == (PATH, 1)


def test_warming_changes_nothing_but_the_time(cage):
    cage.warm("sha256:a")
    cage.warm("sha256:a")
    cage.warm("sha256:never used")
    session = cage.open(unit(), Limits())
    session.send([b'{"n":1}'])

    assert session.receive() == [b'{"n":1,"odd":true}']
    session.close()
    cage.close()
    cage.warm("sha256:a")
