"""The code blocks of a page of the documentation, and running them in order as a reader would.

What a reader cannot see stands in HTML comments:

``<!-- hidden: … -->``      shell lines to run here, such as making the files that a page talks about
``<!-- exit: 5 -->``        the next shell block ends with this status
``<!-- file: a/b.toml -->`` the next block is this file, and is written
``<!-- shown -->``          the next block needs what a test has not: it is not run, its syntax is checked
"""

import json
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

_COMMENT = re.compile(r"<!--\s*(hidden|exit|file|shown)(?::\s*(.*?))?\s*-->", re.DOTALL)
_VARIABLE = [
    (re.compile(r"sha256:[0-9a-f]{7,}"), "sha256:#"),
    (re.compile(r"--hash=sha256:\S+"), "--hash=sha256:#"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\d[\d,]*/s in [\d.]+ m?s"), "RATE"),
    (re.compile(r"\([\d.]+ s\)"), "(SECONDS)"),
    (re.compile(r"\S+@[\w.-]+(?=  )"), "USER"),
    (re.compile(r"\s+"), " "),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block: what it is, what it says and where it stands."""

    language: str
    text: str
    line: int
    file: str | None = None
    status: int = 0
    shown: bool = False


def blocks(page: Path) -> list[Block]:
    """Every code block of a page and every hidden one, in order."""
    found, marks = [], {}
    for token in _flat(MarkdownIt().parse(page.read_text(encoding="utf-8"))):
        line = (token.map or [0])[0] + 1
        if token.type == "html_block":
            for name, value in _COMMENT.findall(token.content):
                if name == "hidden":
                    found.append(Block(language="sh", text=value + "\n", line=line))
                else:
                    marks[name] = value
        elif token.type == "fence":
            found.append(
                Block(
                    language=token.info.strip(),
                    text=token.content,
                    line=line,
                    file=marks.get("file"),
                    status=int(marks.get("exit", 0)),
                    shown="shown" in marks,
                )
            )
            marks = {}
    return found


def _flat(tokens):
    for token in tokens:
        yield token
        yield from token.children or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who types a page into a shell, block by block: directory and exports last from one to the next."""

    directory: Path
    environ: dict[str, str]
    state: Path

    def play(self, page: Path) -> int:
        """Run a whole page; return how many blocks were run, and raise AssertionError with the line of a wrong one."""
        output, ran = None, 0
        for block in blocks(page):
            place = f"{page.name}:{block.line}"
            match block.language:
                case _ if block.file is not None:
                    self._write(block)
                case _ if block.shown:
                    check_syntax(block, place)
                case "sh":
                    output = self._shell(block, place)
                case "python":
                    output = self._python(block, place)
                case "text" | "console" if output is not None:
                    expect(block.text, output, place)
                    output = None
                case _:
                    check_syntax(block, place)
            ran += block.language in {"sh", "python"} and not block.shown
        return ran

    def _write(self, block: Block) -> None:
        path = self._cwd() / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def _cwd(self) -> Path:
        kept = self.state.with_suffix(".cwd")
        return Path(kept.read_text().strip()) if kept.exists() else self.directory

    def _shell(self, block: Block, place: str) -> str:
        before = f". {self.state}\n" if self.state.exists() else ""
        after = f'status=$?; pwd > {self.state.with_suffix(".cwd")}; export -p > {self.state}; exit "$status"'
        body = f"{before}trap '{after}' EXIT\n{block.text}"
        return self._run(["bash", "-eu", "-o", "pipefail", "-c", body], block, place)

    def _python(self, block: Block, place: str) -> str:
        """Run a Python block with what the shell exports; one that only defines a migration defines it."""
        before = f". {self.state}\n" if self.state.exists() else ""
        return self._run(["bash", "-eu", "-c", f'{before}exec python -c "$0"', block.text], block, place)

    def _run(self, command: list[str], block: Block, place: str) -> str:
        done = subprocess.run(
            command,
            cwd=self._cwd(),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == block.status, (
            f"{place}: exit {done.returncode}, expected {block.status}\n{block.text}\n{done.stdout}"
        )
        return done.stdout


def check_syntax(block: Block, place: str) -> None:
    """Check a block that is not run as far as its language allows."""
    match block.language:
        case "sh":
            done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
            assert done.returncode == 0, f"{place}: {done.stderr}"
        case "python":
            compile(block.text, place, "exec")
        case "toml":
            tomllib.loads(block.text)
        case "json":
            json.loads(block.text)
        case "yaml":
            import yaml

            assert list(yaml.safe_load_all(block.text)), place
        case "text" | "console" | "dockerfile" | "{toctree}" | "":
            pass
        case other:
            message = f"{place}: no check for {other!r}; use sh, python, toml, json, yaml, dockerfile or text"
            raise AssertionError(message)


def expect(shown: str, output: str, place: str) -> None:
    """Every line that the page shows is in the output, in order; ``..`` stands for anything."""
    there = iter(_plain(line) for line in output.splitlines())
    for line in filter(None, map(_plain, shown.splitlines())):
        pattern = re.compile(".*".join(map(re.escape, line.split(".."))))
        assert any(pattern.fullmatch(found) for found in there), (
            f"{place}: no line {line!r} (in this order) in\n{output}"
        )


def _plain(line: str) -> str:
    for pattern, word in _VARIABLE:
        line = pattern.sub(word, line)
    return line.strip()


def exports(**variables: str) -> dict[str, str]:
    """The environment that a page is read in: what the machine needs, and nothing of the test's own."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    network = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    return {**kept, **network, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "1", **variables}
