"""Every block of the documentation works: commands run, files are read, outputs are what the pages show."""

import os
import re
import sys
from pathlib import Path

import pytest

from doc_blocks import Reader, blocks, expect, exports
from installed import ROOT, Installed
from sealift.model.limits import Limits
from sealift.sandbox import open_cage

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(page for page in DOCS.rglob("*.md") if not page.is_relative_to(DOCS / "examples"))]
FRESH = {"your-first-pack.md", "your-first-verified-upgrade.md", "test-a-pack.md"}
"""Pages whose reader has Python and nothing else, and makes the environment that the page says."""


@pytest.fixture
def reader(installed: Installed, environment: Path, tmp_path: Path):
    """Make the reader of a page: in an empty folder, with sealift installed unless the page installs it itself."""
    wheels = environment.parent / "wheel-sealift"
    # `pip install sealift`, on a page or by a build that it starts, installs this checkout, whatever the index has.
    links = " ".join(filter(None, [os.environ.get("PIP_FIND_LINKS"), str(wheels)]))

    def make(page: Path) -> Reader:
        fresh = page.name in FRESH
        first = Path(sys.base_prefix) if fresh else installed.environment
        path = f"{first / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        return Reader(
            directory=installed.directory,
            environ=exports(PATH=path, SOURCE=str(ROOT), PIP_FIND_LINKS=links),
            state=tmp_path / "state",
        )

    return make


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_works_as_it_is_written(page, reader):
    reader(page).play(page)


def test_the_tutorials_and_how_tos_have_commands_to_run():
    for page in [*(DOCS / "tutorial").glob("*.md"), *(DOCS / "how-to").glob("*-*.md")]:
        assert any(block.language == "sh" and not block.shown for block in blocks(page)), page


@pytest.mark.parametrize(
    ("shown", "output", "holds"),
    [
        ("done: 3 steps", "x\ndone:   3 steps\n", True),
        ("done: 3 steps", "done: 2 steps", False),
        ("b\na", "a\nb", False),
        ("wrote .. documents", "wrote 270 documents", True),
        ("head sha256:abcdef0", "head sha256:1234567890", True),
        ("at 2026-01-01 00:00:00", "at 2027-12-31 23:59:59", True),
    ],
)
def test_an_output_is_compared_line_by_line(shown, output, holds):
    if holds:
        expect(shown, output, "here")
        return
    with pytest.raises(AssertionError):
        expect(shown, output, "here")


def test_a_page_with_a_wrong_command_output_or_file_is_found(reader, tmp_path):
    page = tmp_path / "page.md"
    for wrong in (
        "```sh\nfalse\n```\n",
        "<!-- exit: 5 -->\n```sh\ntrue\n```\n",
        "```sh\necho one\n```\n```text\ntwo\n```\n",
        "```python\nraise SystemExit(1)\n```\n",
        "```toml\na = \n```\n",
        "```json\n{\n```\n",
        "```perl\nprint\n```\n",
        "<!-- shown -->\n```sh\nif\n```\n",
    ):
        page.write_text(wrong)
        with pytest.raises((AssertionError, ValueError)):
            reader(page).play(page)


def test_what_a_page_exports_writes_and_enters_lasts(reader, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file: made/here.txt -->\n```text\nwords\n```\n```sh\ncd made\nexport NAME=value\n```\n"
        "```sh\necho $NAME\ncat here.txt\nsealift --version\n```\n```text\nvalue\nwords\nsealift, version ..\n```\n"
    )
    assert reader(page).play(page) == 2


def test_every_link_between_pages_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_every_migration_on_a_page_is_in_the_language():
    found = {}
    for page in PAGES:
        for block in blocks(page):
            if block.language == "python" and "(Migration):" in block.text:
                found[f"{page.stem}_{block.line}.py".lower().replace("-", "_")] = block.text
    assert len(found) >= 4
    with open_cage() as cage:
        assert list(cage.check(found, Limits())) == []
