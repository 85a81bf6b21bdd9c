"""The page ``docs/reference/errors.md``, from the docstrings of everything that has a code.

``python tests/support/error_page.py`` writes it.
"""

import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import sealift.errors
from language_page import MEANINGS
from sealift.cli.verb import Call
from sealift.errors.base import ExitStatus, SealiftError
from sealift.errors.pack import PackFinding, Severity

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"

FAMILIES = {
    "CONFIG": "The command line and the settings",
    "PLAN": "Plans",
    "TRUST": "Trust: nothing was executed",
    "RUN": "Runs",
    "STORE": "The store",
    "PACK": "Pack projects",
    "LANG": "The language of migrations",
    "SIGN": "Keys and signing",
    "SEALIFT": "Sealift itself",
}
EXITS = {
    ExitStatus.FAILED: "failed",
    ExitStatus.USAGE: "usage or configuration",
    ExitStatus.CONFLICT: "drift or history conflict",
    ExitStatus.REFUSED: "verification refused",
    ExitStatus.LOCKED: "locked by another run",
    ExitStatus.INTERRUPTED: "interrupted, resumable",
}
COMMAND = {
    "CONFIG-000": (Call.usage, ExitStatus.USAGE),
    "RUN-100": (Call.stopped, ExitStatus.INTERRUPTED),
    "SEALIFT-999": (Call.defect, ExitStatus.FAILED),
}
"""Codes that are no class: the command shows them itself, where no cause was raised as one of ours."""

HEAD = """\
# Errors

<!-- Written by tests/support/error_page.py from the docstrings of src/sealift/errors; do not edit. -->

Every error that sealift shows has a code that never changes its meaning. In text it looks like this, on stderr:

```text
error[STORE-002] sqlite:///orders.db: there is no store (got no file orders.db, expected an SQLite database)
  to fix  correct the address with --database, or make a store with: sealift load FILE.jsonl --collection NAME
```

With `--format json` the same facts are members of `error` on stdout: `code`, `message`, `hint`, and what the cause
knows besides, such as `failures` or `keyid`. The exit status says of which kind it is:

| exit | meaning |
|---|---|
| 0 | done, or nothing to do |
| 1 | failed |
| 2 | usage or configuration |
| 3 | pending (`sealift check`) |
| 4 | drift or history conflict |
| 5 | verification refused |
| 6 | locked by another run |
| 7 | interrupted, resumable |
"""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One code: what it means, why it happens and what to do."""

    code: str
    title: str
    text: str
    kind: str

    @property
    def family(self) -> str:
        return self.code.partition("-")[0]

    def __str__(self) -> str:
        return f"### {self.code}\n\n**{self.title}**\n\n{self.text}\n\n*{self.kind}*\n"


def leaves() -> Iterator[type[SealiftError]]:
    """Every class that is raised or listed: those with a code of their own."""
    for module in pkgutil.iter_modules(sealift.errors.__path__):
        import_module(f"sealift.errors.{module.name}")
    waiting = [SealiftError]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting.extend(found)
        yield from (leaf for leaf in found if "code" in vars(leaf) and leaf.__module__.startswith("sealift.errors."))


def sections() -> list[Section]:
    """Every code there is, sorted."""
    found = [_of_class(leaf) for leaf in leaves()]
    found += [_of_command(code) for code in COMMAND]
    found += [_of_language(str(code), meaning) for code, meaning in MEANINGS.items()]
    return sorted(found, key=lambda section: (list(FAMILIES).index(section.family), section.code))


def _of_class(leaf: type[SealiftError]) -> Section:
    kind = f"exit {int(leaf.exit_status)}, {EXITS[leaf.exit_status]}; class `{leaf.__name__}`"
    if issubclass(leaf, PackFinding):
        stops = "an error" if leaf.severity is Severity.ERROR else "a warning"
        kind = f"{stops} of `sealift lint`; class `{leaf.__name__}`"
    title, text = _told(leaf)
    return Section(code=leaf.code, title=title, text=text, kind=kind)


def _of_command(code: str) -> Section:
    shown, status = COMMAND[code]
    title, text = _told(shown)
    title = title.removeprefix("Show that ")
    return Section(
        code=code, title=title[:1].upper() + title[1:], text=text, kind=f"exit {int(status)}, {EXITS[status]}"
    )


def _of_language(code: str, meaning: str) -> Section:
    text = (
        "The finding names file, line and column, and what to write instead. "
        "What migrations may use is listed in [the language of migrations](language.md)."
    )
    kind = "an error of `sealift lint`; part of `RUN-025` when an installed pack is run"
    return Section(code=code, title=f"{meaning[:1].upper()}{meaning[1:]}.", text=text, kind=kind)


def _told(what: object) -> tuple[str, str]:
    """Return the first line of a docstring and the rest of it, as Markdown."""
    title, _, text = (inspect.getdoc(what) or "").replace("``", "`").partition("\n")
    return title.strip(), " ".join(text.strip().splitlines()).replace("  ", "\n\n")


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    family = ""
    for section in sections():
        if section.family != family:
            family = section.family
            parts.append(f"## {FAMILIES[family]}\n")
        parts.append(str(section))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
