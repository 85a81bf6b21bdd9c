"""A pack project with a pytest of its own around it, for tests of the author's kit."""

import json
from collections.abc import Mapping
from pathlib import Path

from sample_pack import PYPROJECT

PACK_TOML = """\
name = "acme.notes"
base = "1.0.0"

[collections.notes]
schema = "schemas/note-1.0.0.json"
"""

BEFORE = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "text": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["id", "text"],
    "additionalProperties": False,
}
AFTER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "body": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["id", "body"],
    "additionalProperties": False,
}

MIGRATION = '''\
"""The text of a note is called its body."""

from sealift import Migration


class Rename(Migration):
    version = "1.1.0"
    collection = "notes"
    schema = "schemas/note-1.1.0.json"

    def upgrade(self, document):
        document["body"] = document.pop("text")
        return document

    def downgrade(self, document):
        document["text"] = document.pop("body")
        return document
'''

EXAMPLE = {
    "collection": "notes",
    "from": "1.0.0",
    "to": "1.1.0",
    "before": {"id": 1, "text": "milk"},
    "after": {"id": 1, "body": "milk"},
}


def write_notes(directory: Path, files: Mapping[str, str | None] | None = None, *, settings: str = "") -> Path:
    """Write the project; ``files`` replaces, adds or (with ``None``) leaves out files of the pack folder."""
    contents = {
        "pack.toml": PACK_TOML,
        "migrations/rename.py": MIGRATION,
        "schemas/note-1.0.0.json": json.dumps(BEFORE),
        "schemas/note-1.1.0.json": json.dumps(AFTER),
        "examples/milk.json": json.dumps(EXAMPLE),
        **(files or {}),
    }
    folder = directory / "acme_notes" / "pack"
    for name, text in contents.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    text = PYPROJECT.format(distribution="acme-notes", version="1.1.0", pack="acme.notes", module="acme_notes")
    (directory / "pyproject.toml").write_text(f"{text}\n[tool.pytest.ini_options]\n{settings}\n")
    return directory


def migration(upgrade: str, downgrade: str | None, *, head: str = "", attributes: str = "") -> str:
    """Return the source of the migration with these bodies."""
    lines = MIGRATION.split("    def upgrade", maxsplit=1)[0].replace(
        "from sealift import Migration", f"{head}\nfrom sealift import Migration"
    )
    text = f"{lines}{_indented(attributes, 4)}\n    def upgrade(self, document):\n{_indented(upgrade, 8)}\n"
    if downgrade is not None:
        text += f"\n    def downgrade(self, document):\n{_indented(downgrade, 8)}\n"
    return text


def _indented(text: str, blanks: int) -> str:
    return "\n".join(" " * blanks + line if line else "" for line in text.strip("\n").split("\n")) if text else ""
