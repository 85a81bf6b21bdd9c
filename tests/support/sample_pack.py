"""A small pack project, written from parts, so that each test can spoil one."""

import json
from collections.abc import Mapping
from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "{version}"
requires-python = ">=3.11"

[project.entry-points."sealift.packs"]
"{pack}" = "{module}.pack"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""

PACK_TOML = """\
name = "{pack}"
base = "1.0.0"

[collections.people]
schema = "schemas/person-1.0.0.json"
"""

SPLIT = '''\
"""Names become two members."""

from sealift import Migration


class SplitName(Migration):
    version = "1.1.0"
    collection = "people"
    schema = "schemas/person-1.1.0.json"

    def upgrade(self, document):
        first, _, last = document["name"].partition(" ")
        document["name"] = {"first": first, "last": last}
        return document

    def downgrade(self, document):
        name = document["name"]
        document["name"] = (name["first"] + " " + name["last"]).strip()
        return document
'''

BEFORE = {"type": "object", "required": ["id", "name"], "properties": {"name": {"type": "string"}}}
AFTER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"name": {"type": "object", "required": ["first", "last"]}},
}


def write_pack(
    directory: Path,
    *,
    pack: str = "acme.people",
    version: str = "1.1.0",
    files: Mapping[str, str | None] | None = None,
) -> Path:
    """Write the project; ``files`` replaces, adds or (with ``None``) leaves out files of the pack folder."""
    module = pack.replace(".", "_")
    folder = directory / module / "pack"
    contents = {
        "pack.toml": PACK_TOML.format(pack=pack),
        "migrations/split.py": SPLIT,
        "schemas/person-1.0.0.json": json.dumps(BEFORE),
        "schemas/person-1.1.0.json": json.dumps(AFTER),
        **(files or {}),
    }
    for name, text in contents.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    (directory / module / "__init__.py").write_text('raise RuntimeError("a pack was imported")\n')
    distribution = pack.replace(".", "-")
    text = PYPROJECT.format(distribution=distribution, version=version, pack=pack, module=module)
    (directory / "pyproject.toml").write_text(text)
    return directory


def people(count: int) -> list[dict]:
    return [{"id": number, "name": f"First{number} Last{number}", "note": "x" * 50} for number in range(1, count + 1)]


def write_jsonl(path: Path, documents: list[dict]) -> Path:
    lines = (json.dumps(document, separators=(",", ":"), ensure_ascii=False) for document in documents)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path
