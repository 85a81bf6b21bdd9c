"""What is kept between calls, attacked: it shows what reading everything anew would show, and is never acted on."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from sealift.assembly.facts_file import FactsFile
from sealift.assembly.inventory import Inventory
from sealift.assembly.knowledge import Knowledge
from sealift.cli import main
from sealift.config import Settings, cache_folder
from sealift.errors.base import SealiftError
from sealift.errors.trust import TrustError
from sealift.manager import MigrationManager
from sealift.model.history import MigrationHistory
from sealift.packs.watching import RACY_SECONDS, identities
from sealift.trust.verification import Purpose
from signed_packs import NOW, PolicyText, new_signer, situation
from trust_line import Line


@dataclass(frozen=True, kw_only=True)
class World:
    """Two installed packs, those who may sign them, and the file that facts are kept in."""

    line: Line
    case: object

    @property
    def file(self) -> FactsFile:
        return FactsFile(folder=self.line.folder / "cache" / "sealift", roots=(str(self.line.site),))

    @property
    def path(self) -> Path:
        return self.file.folder / self.file.name

    @property
    def dist_info(self) -> Path:
        return self.line.site / "acme_orders-1.4.0.dist-info"

    def knowledge(self, later: float = 10.0) -> Knowledge:
        """Look as somebody does later: what was just written is settled by then."""
        return Knowledge(self.file, now=lambda: time.time() + later, worthwhile=1)

    def look(self, knowledge: Knowledge | None, *, now=NOW) -> Inventory:
        settings = Settings.of(trusted_keys=str(self.line.keys), pack_roots=(str(self.line.site),))
        return Inventory(settings=settings, clock=lambda: now, history=MigrationHistory(), knowledge=knowledge)

    def shown(self, knowledge: Knowledge | None, *, now=NOW) -> list[dict]:
        found = self.look(knowledge, now=now)
        return [{**verdict.to_dict(), "warnings": _warnings(verdict)} for verdict in found.verdicts]

    def recalled(self) -> list[str]:
        found = self.look(self.knowledge())
        return [verdict.pack for verdict in found.verdicts if verdict.attested and verdict.attested.is_recalled]


def _warnings(verdict) -> tuple[str, ...]:
    return verdict.attested.warnings if verdict.attested else ()


@pytest.fixture
def world(tmp_path) -> World:
    line, case = Line(folder=tmp_path), situation()
    line.write(case)
    made = World(line=line, case=case)
    made.look(made.knowledge()).verdicts  # noqa: B018 - a property that looks, and keeps what it saw
    assert made.recalled() == ["acme.core", "acme.orders"]
    return made


def test_what_is_recalled_is_what_was_verified(world):
    fresh, recalled = world.look(None).verdicts, world.look(world.knowledge()).verdicts
    assert [v.attested.envelope for v in recalled] == [b"", b""]
    same = [replace(v, attested=replace(v.attested, envelope=b"")) for v in fresh]
    assert same == [replace(v, attested=replace(v.attested)) for v in recalled]
    assert world.shown(None) == world.shown(world.knowledge())


def _spoil(path: Path) -> None:
    """Change one byte and put back size and times, as an attacker would."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _behind_a_link(path: Path) -> None:
    aside = path.with_name(f"{path.name}-aside")
    path.rename(aside)
    path.symlink_to(aside)


def _exchange(path: Path) -> None:
    status, copy = path.stat(), path.with_name("copy")
    copy.write_bytes(path.read_bytes().replace(b'"', b" ", 1))
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    copy.replace(path)


EDITS: dict[str, Callable[[World], object]] = {
    "the envelope, its times put back": lambda w: _spoil(w.line.pack / "pack.dsse.json"),
    "another envelope in its place": lambda w: _exchange(w.line.pack / "pack.dsse.json"),
    "the envelope goes": lambda w: (w.line.pack / "pack.dsse.json").unlink(),
    "the envelope behind a link": lambda w: _behind_a_link(w.line.pack / "pack.dsse.json"),
    "the pack folder behind a link": lambda w: _behind_a_link(w.line.pack),
    "the package behind a link": lambda w: _behind_a_link(w.line.pack.parent),
    "the pack folder goes": lambda w: shutil.rmtree(w.line.pack),
    "the entry points, their times put back": lambda w: _spoil(w.dist_info / "entry_points.txt"),
    "the metadata, its times put back": lambda w: _spoil(w.dist_info / "METADATA"),
    "the distribution goes": lambda w: shutil.rmtree(w.dist_info),
    "it becomes editable": lambda w: (w.dist_info / "direct_url.json").write_text(
        '{"url": "file:///nowhere", "dir_info": {"editable": true}}'
    ),
    "a second distribution claims the pack": lambda w: shutil.copytree(
        w.dist_info, w.line.site / "other-1.0.dist-info"
    ),
    "a second version of the distribution": lambda w: shutil.copytree(
        w.dist_info, w.line.site / "acme_orders-1.3.0.dist-info"
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_edit_of_what_was_read_is_noticed(world, edit):
    before = world.shown(None)
    edit(world)
    shown = world.shown(world.knowledge())
    assert shown == world.shown(None)
    assert shown != before


def _policy(world: World, **changes: object) -> None:
    world.line.trust(PolicyText(**{"keys": {"release": world.case.signer}, **changes}).parse())


def _revoke(world: World) -> None:
    _policy(world, more=f'[[revoke]]\nkeyid = "{world.case.signer.public_key.keyid}"\nreason = "lost"')


def _revoke_release(world: World) -> None:
    digest = world.look(None).attested["acme.orders"].digest
    _policy(world, more=f'[[revoke]]\nmanifest = "{digest}"\nreason = "broken"')


POLICIES: dict[str, Callable[[World], object]] = {
    "the key is revoked": _revoke,
    "the release is revoked": _revoke_release,
    "another key under the same name": lambda w: _policy(w, keys={"release": new_signer()}),
    "the key has no grant for the pack": lambda w: _policy(w, grants=('packs = ["acme.core"]\nkeys = ["release"]',)),
    "two owners must sign": lambda w: _policy(
        w,
        keys={"release": w.case.signer, "other": new_signer()},
        grants=('packs = ["*"]\nkeys = ["release", "other"]\nthreshold = 2',),
    ),
    "the floor was raised": lambda w: _policy(w, more='[[floor]]\npack = "acme.orders"\nsequence = 15'),
    "the policy expired": lambda w: _policy(w, head=f"expires = {(NOW - timedelta(days=1)).isoformat()}\n"),
    "the key expired": lambda w: _policy(
        w, bounds={"release": f"not_after = {(NOW - timedelta(days=1)).isoformat()}\n"}
    ),
    "there is no key at all": lambda w: shutil.rmtree(w.line.keys),
}


@pytest.mark.parametrize("change", POLICIES.values(), ids=POLICIES.keys())
def test_the_policy_of_the_day_is_what_counts(world, change):
    before = world.shown(None)
    change(world)
    shown = world.shown(world.knowledge())
    assert shown == world.shown(None)
    assert shown != before


def test_a_key_that_expires_meanwhile_is_noticed_by_the_clock(world):
    _policy(world, bounds={"release": f"not_after = {(NOW + timedelta(days=100)).isoformat()}\n"})
    later = NOW + timedelta(days=101)
    assert world.shown(world.knowledge()) == world.shown(None)
    assert world.shown(world.knowledge(), now=later) == world.shown(None, now=later) != world.shown(None)


def _flip(at: float) -> Callable[[World], None]:
    def flip(world: World) -> None:
        content = bytearray(world.path.read_bytes())
        content[int(len(content) * at)] ^= 1
        world.path.write_bytes(content)

    return flip


def _cut(world: World) -> None:
    world.path.write_bytes(world.path.read_bytes()[:-100])


def _other_program(world: World) -> None:
    world.path.write_bytes(world.path.read_bytes().replace(b"'sealift-facts 1'", b"'sealift-facts 0'", 1))


def _fifo(world: World) -> None:
    world.path.unlink()
    os.mkfifo(world.path, 0o600)


FILES: dict[str, Callable[[World], object]] = {
    "a flipped bit in the head": _flip(0.001),
    "a flipped bit in the middle": _flip(0.5),
    "a flipped bit at the end": _flip(0.999),
    "cut off": _cut,
    "empty": lambda w: w.path.write_bytes(b""),
    "gone": lambda w: w.path.unlink(),
    "of another format": _other_program,
    "readable by others": lambda w: w.path.chmod(0o644),
    "in a folder that others can read": lambda w: w.file.folder.chmod(0o755),
    "in a folder below one that others can write": lambda w: w.file.folder.parent.chmod(0o777),
    "behind a link": lambda w: _behind_a_link(w.path),
    "in a folder behind a link": lambda w: _behind_a_link(w.file.folder),
    "a pipe": _fifo,
}


@pytest.mark.parametrize("attack", FILES.values(), ids=FILES.keys())
def test_a_file_that_is_odd_in_any_way_is_no_file(world, attack):
    attack(world)
    assert world.file.read() == ()
    assert world.shown(world.knowledge()) == world.shown(None)


def test_a_file_of_somebody_else_is_no_file(world, monkeypatch):
    assert world.file.read()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4242)
    assert world.file.read() == ()
    world.file.write(())
    assert world.path.stat().st_size > 0


def test_a_file_for_other_roots_is_another_file(world):
    other = FactsFile(folder=world.file.folder, roots=("/elsewhere",))
    assert other.name != world.file.name
    shutil.copy(world.path, other.folder / other.name)
    assert other.read() == ()


def test_what_changed_a_moment_ago_is_not_kept(tmp_path):
    """Else an edit within the same tick of the file system's clock would go unseen."""
    line, began = Line(folder=tmp_path), time.time()
    line.write(case := situation())
    made = World(line=line, case=case)
    # However long writing took: nothing is older than its beginning.
    made.look(Knowledge(made.file, now=lambda: began + 0.9 * RACY_SECONDS, worthwhile=1)).verdicts  # noqa: B018 - looks
    assert not made.path.exists()
    made.look(made.knowledge(later=2 * RACY_SECONDS)).verdicts  # noqa: B018 - it looks
    assert len(made.file.read()) == 2


def test_what_is_gone_is_forgotten_and_what_is_new_is_learnt(world):
    shutil.rmtree(world.line.site / "acme_core-1.4.0.dist-info")
    world.look(world.knowledge()).verdicts  # noqa: B018 - it looks
    assert [fact.name for fact in world.file.read()] == ["acme.orders"]


def _poison(world: World) -> None:
    """Write what only this user can write: facts that vouch for an envelope which nobody signed so."""
    _spoil(world.line.pack / "pack.dsse.json")
    (core, orders) = world.file.read()
    known = identities(orders.directory, orders.root, orders.module)
    world.file.write([core, replace(orders, identities=known)])
    assert world.recalled() == ["acme.core", "acme.orders"]


def test_a_poisoned_file_is_shown_and_never_acted_on(world):
    """Whoever can write it is this user already; still nothing runs on its word, and nothing is written."""
    world.line.load()
    _poison(world)
    before = world.line.tables()
    settings = Settings.of(
        database=world.line.url, trusted_keys=str(world.line.keys), pack_roots=(str(world.line.site),), operator="t"
    )
    manager = MigrationManager(settings=settings, clock=lambda: NOW, facts=world.file)
    with manager, pytest.raises(TrustError):
        manager.upgrade()
    with manager, pytest.raises(TrustError):
        manager.upgrade("acme.orders")
    assert world.line.tables() == before
    assert world.line.documents()[0]["name"] == "First1 Last1"


@pytest.mark.parametrize("purpose", [Purpose.NEW_WORK, Purpose.TAKE_BACK])
def test_only_who_looks_recalls(world, purpose):
    settings = Settings.of(
        database="sqlite:///:memory:", trusted_keys=str(world.line.keys), pack_roots=(str(world.line.site),)
    )
    with MigrationManager(settings=settings, clock=lambda: NOW, facts=world.file) as manager:
        assert all(pack.is_recalled for pack in manager.inventory(Purpose.INSPECT).attested.values())
        assert not any(pack.is_recalled for pack in manager.inventory(purpose).attested.values())


def test_a_recalled_pack_is_attested_anew_before_it_is_verified(world):
    looked = world.look(world.knowledge())
    assert looked.verify(looked.attested["acme.orders"]).attested.envelope
    _poison(world)
    looked = world.look(world.knowledge())
    with pytest.raises(SealiftError):
        looked.verify(looked.attested["acme.orders"])


def test_writers_side_by_side_leave_a_whole_file(world):
    facts, seen = world.file.read(), []

    def write() -> None:
        for _ in range(50):
            world.file.write(facts)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen.append(len(world.file.read()))
    assert set(seen) <= {2}
    assert sorted(path.name for path in world.file.folder.iterdir()) == [world.file.name]


def test_what_a_killed_writer_left_behind_is_removed_in_time(world):
    beside = world.file.folder / f"{world.file.name}.new"
    beside.write_bytes(b"half")
    world.file.write(world.file.read())
    assert beside.exists(), "it may be another writer's"
    assert len(world.file.read()) == 2


def test_where_nothing_can_be_kept_nothing_is_said(world, tmp_path):
    (tmp_path / "file").write_text("")
    nowhere = FactsFile(folder=tmp_path / "file" / "sealift", roots=("/",))
    nowhere.write(world.file.read())
    assert nowhere.read() == ()


def test_the_folder_is_the_one_that_the_desktop_standard_names():
    assert cache_folder({"XDG_CACHE_HOME": "/x", "HOME": "/h"}) == Path("/x/sealift")
    assert cache_folder({"XDG_CACHE_HOME": "relative", "HOME": "/h"}) == Path("/h/.cache/sealift")
    assert cache_folder({}) is None
    assert cache_folder({"HOME": ""}) is None


def test_the_file_is_json_below_one_line(world):
    _, _, body = world.path.read_bytes().partition(b"\n")
    assert {fact["name"] for fact in msgspec.json.decode(body)} == {"acme.core", "acme.orders"}
    assert (world.path.stat().st_mode & 0o777, world.file.folder.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("verb", ["status", "packs"])
def test_what_is_wrong_with_the_policy_is_said_once(world, verb, capsys, monkeypatch):
    world.line.load()
    (world.line.keys / "policy.toml").write_text("version = 0\n")
    for name, value in world.line.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(world.file.folder.parent))
    main([verb])
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("stray file") == 1
    assert verb == "packs" or "acme.core and acme.orders are refused" in shown.err


def test_a_pack_that_lies_where_nobody_looks_is_named(world, capsys, monkeypatch):
    world.line.load()
    for name, value in world.line.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEALIFT_PACK_ROOTS", str(world.line.folder / "elsewhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(world.file.folder.parent))
    monkeypatch.syspath_prepend(world.line.site)
    main(["packs"])
    warned = [line for line in capsys.readouterr().err.splitlines() if "not used" in line]
    assert len(warned) == 2
    assert "acme.orders" in warned[1]
    assert "site-packages and configured roots only" in warned[1]
