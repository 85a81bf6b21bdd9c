"""The official JSON-Schema-Test-Suite, as the source distribution of jsonschema on PyPI carries it.

Fetched once with pip, from whatever index pip is set up for, and kept beside pytest's cache.
``SEALIFT_JSON_SCHEMA_SUITE`` names a folder that has it already.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

DRAFTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


@dataclass(frozen=True)
class Case:
    """One schema with its documents."""

    file: str
    description: str
    schema: object
    tests: list


def cases(cache: Path, draft: str):
    """Yield the cases of one draft, those about formats excepted (``format`` is a note here)."""
    folder = suite(cache) / draft
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith("optional/format"):
            for case in json.loads(path.read_text(encoding="utf-8")):
                yield Case(name, case["description"], case["schema"], case["tests"])


def suite(cache: Path) -> Path:
    """Return the folder with one folder a draft, fetching it when it is not there."""
    given = os.environ.get("SEALIFT_JSON_SCHEMA_SUITE")
    if given:
        return Path(given)
    folder = cache / f"json-schema-suite-{version('jsonschema')}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Several test processes may fetch at once: each its own, and the first to finish is kept.
        with tempfile.TemporaryDirectory(dir=cache) as own:
            _fetch(Path(own) / "fetched")
            if not folder.exists():
                (Path(own) / "fetched").rename(folder)
    return folder / "tests"


def _fetch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = f"jsonschema=={version('jsonschema')}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "jsonschema", wanted]
    subprocess.run([*command, "--dest", str(folder)], check=True, timeout=300)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            parts = Path(member.name).parts[1:]
            if parts[:2] == ("json", "tests") and member.isfile():
                target = folder.joinpath(*parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.extractfile(member).read())
