"""The text of ``--help`` that needs no parser is the parser's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from sealift.cli import HELP, main
from sealift.cli.app import run
from verb_page import help_text


def test_the_text_that_is_kept_is_what_the_parser_says(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert Path(HELP).read_text(encoding="utf-8") == help_text(), "run tests/support/verb_page.py"
    assert run(["--help"]) == 0
    assert capsys.readouterr().out == help_text()


@pytest.mark.parametrize("columns", ["60", "80", "200", "", "0", "no number"])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_it_is_shown_as_the_parser_would_show_it(capsys, monkeypatch, columns, flag):
    monkeypatch.setenv("COLUMNS", columns)
    assert (main([flag]), run([flag])) == (0, 0)
    shown = capsys.readouterr().out
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_neither_loads_a_parser(flag):
    code = f"import sys; from sealift.cli import main; main([{flag!r}]); sys.exit('click' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
