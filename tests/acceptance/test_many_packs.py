"""Sixty installed packs of which one has work to do: what is read of the others, and what is kept between calls."""

import json
import os
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from hashlib import sha256

import pytest

from sealift.model.history import EntryKind, HistoryEntry
from sealift.model.migration import Direction
from sealift.model.pack import Pack
from sealift.ports import Holder
from sealift.trust.statement import statement_bytes
from signed_packs import FILES, SPLIT, SPLIT_NAME, PolicyText, envelope_of, manifest_of, new_signer, origin_of
from trust_line import Line

COUNT = 60
IDLE = "migrations/idle_{:02}.py"
WATCHED = """
import json, sys
names = set()
sys.addaudithook(lambda event, args: names.add(str(args[0])) if event == "open" else None)
from sealift.cli import main
status = main(sys.argv[1:])
json.dump([status, sorted(name for name in names if "idle_" in name or "split_name" in name)], sys.stderr)
"""


def _install(line: Line, number: int, signer) -> tuple[str, str]:
    """Install one pack; the last has work to do. Return its name and digest."""
    path = IDLE.format(number) if number < COUNT else SPLIT_NAME.path
    files = {**{name: FILES[name] for name in ("schemas/customer-1.0.0.json",)}, path: SPLIT}
    manifest = manifest_of(
        files,
        pack=f"acme.p{number:02}",
        distribution=f"acme-p{number:02}",
        migrations=(replace(SPLIT_NAME, path=path, depends_on=()),),
    )
    statement = statement_bytes(manifest)
    origin = origin_of(manifest, module=f"acme_p{number:02}.pack")
    line.install(Pack(origin=origin, envelope=envelope_of(statement, signer)), files)
    return manifest.pack, "sha256:" + sha256(statement).hexdigest()


def _record(line: Line, packs: list[tuple[str, str]]) -> None:
    with line.manager() as manager:
        manager.store.prepare()
        holder = Holder(operator="tester", host="here", pid=1, since="2026-01-01")
        locked = manager.store.lock(holder, timeout=1, waiting=lambda _: None)
        with locked as lease, manager.store.transaction(lease) as transaction:
            for pack, digest in packs:
                run = uuid.uuid4().hex
                for kind in (EntryKind.STARTED, EntryKind.APPLIED):
                    transaction.append(_entry(pack, digest, run, kind))


def _entry(pack: str, digest: str, run: str, kind: EntryKind) -> HistoryEntry:
    return HistoryEntry(
        number=0, kind=kind, run=run, pack=pack, from_version="1.0.0", to_version="1.1.0",
        direction=Direction.UPGRADE, at="2026-01-01T00:00:00.000000+00:00", digest=digest, sequence=14,
    )  # fmt: skip


@pytest.fixture(scope="module")
def line(tmp_path_factory) -> Line:
    line, signer = Line(folder=tmp_path_factory.mktemp("many")), new_signer()
    line.load()
    packs = [_install(line, number, signer) for number in range(1, COUNT + 1)]
    line.trust(PolicyText(keys={"release": signer}).parse())
    _record(line, packs[:-1])
    if (wait := 2.1 - (time.time() - line.keys.stat().st_ctime)) > 0:
        time.sleep(wait)  # what changed just now is not kept
    return line


def _watched(line: Line, *words: str) -> tuple[int, list[str], dict]:
    """Run a verb in a process that notes which files it opens; return status, migrations read, and what was said."""
    environ = {**os.environ, **line.environ, "XDG_CACHE_HOME": str(line.folder / "cache")}
    command = [sys.executable, "-c", WATCHED, "--format", "json", *words]
    done = subprocess.run(command, env=environ, cwd=line.folder, capture_output=True, text=True, timeout=120)
    status, read = json.loads(done.stderr.splitlines()[-1])
    return status, read, json.loads(done.stdout)


def _kept(line: Line) -> list[str]:
    folder = line.folder / "cache" / "sealift"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_only_what_has_work_to_do_is_ever_read(line):
    status, read, first = _watched(line, "--no-cache", "status")
    assert (status, read, len(first["packs"]), _kept(line)) == (0, [], COUNT, [])
    assert _watched(line, "status")[1:] == ([], first)
    assert len(_kept(line)) == 1
    assert _watched(line, "status")[1:] == ([], first)

    status, read, planned = _watched(line, "plan")
    assert (status, read, [step["migration"] for step in planned["steps"]]) == (0, [], ["acme.p60@1.1.0"])
    assert planned == _watched(line, "--no-cache", "plan")[2]
    status, read, _ = _watched(line, "upgrade", "--yes")
    assert (status, set(read)) == (0, {"split_name.py"})
    assert all(pack["state"] == "current" for pack in _watched(line, "status")[2]["packs"])


def test_deleting_the_file_is_safe_and_keeping_none_says_the_same(line):
    before = _watched(line, "packs")
    assert len(_kept(line)) == 1
    for path in (line.folder / "cache" / "sealift").iterdir():
        path.unlink()
    assert _watched(line, "packs") == before == _watched(line, "packs")
    assert _watched(line, "packs", "--no-cache") == before
