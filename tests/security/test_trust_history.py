"""Time and history: what expires, what is accepted nevertheless, what is set back, and what a revocation touches."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from sealift.assembly.request import Request
from sealift.cli import main
from sealift.errors.documents import InterruptedRunError
from sealift.errors.trust import TrustError
from sealift.model.history import EntryKind
from sealift.model.migration import Direction
from sealift.trust.statement import statement_bytes
from signed_packs import FILES, NOW, SPLIT, PolicyText, Situation, envelope_of, new_signer, situation
from trust_line import DOCUMENTS, Line, Watch, nothing_happens

SCRIPT = "migrations/split_name.py"
BACK = b"""
    def downgrade(self, document):
        document["name"] = document["name"]["first"] + " " + document["name"]["last"]
        return document
"""
END = NOW + timedelta(days=100)
AFTER = END + timedelta(days=1)
KEY_ENDS = {"bounds": {"release": f"not_after = {END.isoformat()}\n"}}
POLICY_ENDS = {"head": f"expires = {END.isoformat()}\n"}


def reversible(**policy: object) -> Situation:
    """The honest situation with a migration that can be taken back."""
    case = situation()
    files = {**FILES, SCRIPT: SPLIT + BACK}
    manifest = replace(
        case.manifest,
        files={name: sha256(content).hexdigest() for name, content in sorted(files.items())},
        migrations=(replace(case.manifest.migrations[0], reversible=True),),
    )
    pack = replace(case.pack, envelope=envelope_of(statement_bytes(manifest), case.signer))
    parsed = PolicyText(keys={"release": case.signer}, **policy).parse()
    return replace(case, files=files, manifest=manifest, pack=pack, policy=parsed)


@pytest.fixture
def line(tmp_path) -> Line:
    line = Line(folder=tmp_path)
    line.load()
    return line


@pytest.fixture
def watch(monkeypatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr("sealift.sandbox.open_cage", watch)
    return watch


@pytest.fixture
def command(line, monkeypatch, capsys):
    """Return what calls the command in this process, at the time that it is, and returns its JSON object."""
    for name, value in line.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(line.folder)

    def call(*arguments: str, status: int = 0) -> dict:
        assert main(["--format", "json", *arguments]) == status, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    return call


def warnings(line: Line, now: datetime, *targets: str) -> tuple[str, ...]:
    with line.manager(now=now) as manager:
        return manager.plan(*targets).warnings


def release(line: Line, case: Situation, sequence: int) -> None:
    manifest = replace(case.manifest, sequence=sequence)
    line.install(replace(case.pack, envelope=envelope_of(statement_bytes(manifest), case.signer)), case.files)


ENDS = pytest.mark.parametrize(
    ("policy", "code", "words"),
    [(KEY_ENDS, "TRUST-014", "key release"), (POLICY_ENDS, "TRUST-017", "policy ")],
    ids=["key", "policy"],
)


@ENDS
def test_expiry_is_announced_for_sixty_days_and_then_stops_new_work_only(policy, code, words, line, watch):
    line.write(reversible(**policy))
    assert warnings(line, END - timedelta(days=61)) == ()
    (warning,) = warnings(line, END - timedelta(days=59))
    assert warning.startswith(words)
    assert "expires at" in warning
    (warning,) = warnings(line, AFTER)
    assert "expired" in warning
    for act in (upgrade, baseline):
        with nothing_happens(line, watch), line.manager(now=AFTER) as manager, pytest.raises(TrustError) as refusal:
            act(manager)
        assert (refusal.value.code, refusal.value.exit_status) == (code, 5)
        assert "2027-03-03" in refusal.value.message()


def upgrade(manager) -> None:
    manager.upgrade("acme.orders")


def baseline(manager) -> None:
    manager.operations.baseline("acme.orders@1.1.0", lambda _: None)


@ENDS
def test_what_was_applied_can_be_taken_back_after_the_end(policy, code, words, line, watch):
    del code, words, watch
    line.write(reversible(**policy))
    with line.manager() as manager:
        manager.upgrade("acme.orders")
    with line.manager(now=AFTER) as manager:
        assert manager.plan().steps == ()
        manager.downgrade("acme.orders@base")
    assert line.documents() == DOCUMENTS


def stop_half_way(manager) -> None:
    for progress in manager.run(Request.of(["acme.orders"], Direction.UPGRADE)):
        if progress.checkpoint.seen:
            manager.stop()


@ENDS
def test_what_was_left_half_done_can_be_taken_back_after_the_end(policy, code, words, line):
    del code, words
    line.write(reversible(**policy))
    with line.manager(batch_rows=2) as manager, pytest.raises(InterruptedRunError):
        stop_half_way(manager)
    assert line.documents() != DOCUMENTS
    with line.manager(now=AFTER) as manager:
        manager.downgrade("acme.orders@base")
    assert line.documents() == DOCUMENTS


@ENDS
def test_taking_back_with_another_release_is_new_work(policy, code, words, line, watch):
    del words
    case = reversible(**policy)
    line.write(case)
    with line.manager() as manager:
        manager.upgrade("acme.orders")
    release(line, case, 15)
    with nothing_happens(line, watch), line.manager(now=AFTER) as manager, pytest.raises(TrustError) as refusal:
        manager.downgrade("acme.orders@base")
    assert refusal.value.code == code


@ENDS
def test_an_accepted_end_goes_into_the_history_before_the_work(policy, code, words, line):
    del words
    case = reversible(**policy)
    line.write(case)
    handle = case.signer.public_key.keyid if code == "TRUST-014" else "policy"
    with line.manager(now=AFTER) as manager:
        manager.accept_expired(handle, "the new key comes on Monday")
        manager.upgrade("acme.orders")
        entries = manager.operations.verified_history().entries
        # Nothing is left to do: nothing more is accepted, and nothing more is written.
        assert manager.upgrade("acme.orders").entries == entries
    assert [entry.kind for entry in entries[:2]] == [EntryKind.TRUST, EntryKind.STARTED]
    assert entries[0].note == f"accepts expired {handle}: the new key comes on Monday"
    assert entries[0].operator == "tester"


@ENDS
def test_accepting_another_key_accepts_nothing(policy, code, words, line, watch):
    del words
    line.write(reversible(**policy))
    with nothing_happens(line, watch), line.manager(now=AFTER) as manager:
        manager.accept_expired("sha256:" + "0" * 64, "a mistake")
        with pytest.raises(TrustError) as refusal:
            manager.upgrade("acme.orders")
    assert refusal.value.code == code


def test_accepting_as_a_command(line, command, capsys):
    case = reversible(bounds={"release": "not_after = 2026-01-01T00:00:00Z\n"})
    line.write(case)
    keyid = case.signer.public_key.keyid
    assert command("upgrade", "--yes", status=5)["error"]["code"] == "TRUST-014"
    assert "--reason" in command("upgrade", "--accept-expired", keyid, status=2)["error"]["message"]
    short = command("upgrade", "--accept-expired", keyid[:20], "--reason", "x", status=2)["error"]["message"]
    assert "whole fingerprint" in short
    result = command("upgrade", "--yes", "--accept-expired", keyid, "--reason", "it is late")
    (warning,) = result["warnings"]
    assert warning.endswith("it is late")
    notes = [entry["note"] for entry in command("history")["entries"] if entry["kind"] == "trust"]
    assert notes == [f"accepts expired {keyid}: it is late"]
    command("upgrade", "--yes", "--accept-expired", keyid, "--reason", "nothing is left to do")
    assert len([entry for entry in command("history")["entries"] if entry["kind"] == "trust"]) == 1
    assert main(["verify", "acme.orders"]) == 0
    assert capsys.readouterr().err.count("expired") == 1


BARE = "every key in it may sign every pack"
VERBS = (
    ("packs",),
    ("status",),
    ("check",),
    ("plan",),
    ("verify", "acme.orders"),
    ("upgrade", "--dry-run"),
    ("upgrade", "--yes"),
    ("upgrade", "--yes"),
)


def every_verb(capsys, words: str) -> None:
    """Insist that each verb says it once, to a person and to a machine."""
    for verb in VERBS:
        for form in ("text", "json"):
            main(["--format", form, *verb])
            shown = capsys.readouterr()
            said = shown.err if form == "text" else shown.out
            assert said.count(words) == 1, (verb, form, shown)


def test_keys_without_policy_are_warned_of_once_by_every_verb(line, command, capsys):
    del command
    line.write(reversible())
    (line.keys / "policy.toml").unlink()
    every_verb(capsys, BARE)


def test_a_policy_that_ends_is_warned_of_once_however_many_packs_there_are(line, command, capsys):
    soon = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    line.write(reversible(head=f"expires = {soon}\n"))
    assert len(command("packs")["packs"]) >= 2
    every_verb(capsys, "expires at")


def test_a_policy_changed_without_its_version_is_warned_of(line, command, capsys):
    line.write(reversible())
    with line.manager() as manager:
        manager.upgrade("acme.orders")
    policy = line.keys / "policy.toml"
    assert command("packs")["warnings"] == []
    policy.write_text(policy.read_text() + "# one more word\n")
    words = "changed without raising its version"
    # A verdict is asked from a store's history: `verify` needs no store, and cannot know.
    for verb in VERBS:
        said = main(["--format", "text", *verb]), capsys.readouterr().err
        assert said[1].count(words) == (verb[0] != "verify"), (verb, said)
    assert command("trust", "status")["warnings"] == [f"{policy} was changed without raising its version (7)"]


def test_a_leap_is_warned_of_recorded_and_set_back_with_a_reason(line, command):
    case = reversible()
    line.write(case)
    command("upgrade", "--yes")
    command("downgrade", "--yes", "acme.orders@base")
    release(line, case, 5000)
    (warning,) = command("upgrade", "--yes")["warnings"]
    assert "jumps from sequence 14 to 5000" in warning
    release(line, case, 15)
    assert command("upgrade", "--yes", "acme.orders", status=5)["error"]["code"] == "TRUST-050"
    result = command("trust", "reset-sequence", "acme.orders", "--to", "14", "--reason", "the key was stolen")
    assert (result["before"], result["sequence"]) == (5000, 14)
    assert command("upgrade", "--yes", "acme.orders")["ok"]
    entry = command("history")["entries"][-1]
    assert (entry["kind"], entry["pack"], entry["sequence"]) == ("trust", "acme.orders", 14)
    assert (entry["note"], entry["operator"]) == ("reset-sequence: the key was stolen", "tester")
    command("history", "--verify")
    release(line, case, 13)
    assert command("upgrade", "--yes", "acme.orders", status=5)["error"]["code"] == "TRUST-050"


def test_a_reset_is_refused_where_it_means_nothing(line, command, watch):
    line.write(reversible())
    command("upgrade", "--yes")
    with nothing_happens_but_the_lock(line):
        for arguments, words in (
            (("acme.orders", "--to", "15"), "0 to 14"),
            (("acme.orders", "--to", "-1"), "0 to 14"),
            (("acme.nobody", "--to", "1"), "acme.orders"),
        ):
            error = command("trust", "reset-sequence", *arguments, "--reason", "x", status=2)["error"]
            assert "to to" not in error["hint"]
            assert error["code"] == "CONFIG-002"
            assert words in error["message"]
        assert "reason" in command("trust", "reset-sequence", "acme.orders", "--to", "1", status=2)["error"]["message"]
    assert len(watch.opened) == 2


def nothing_happens_but_the_lock(line: Line):
    from contextlib import contextmanager

    def entries() -> list:
        with line.manager() as manager:
            return list(manager.history().entries)

    @contextmanager
    def same():
        before = entries()
        yield
        assert entries() == before

    return same()


def test_a_reset_needs_the_lock(line, command, monkeypatch):
    line.write(reversible())
    command("upgrade", "--yes")
    monkeypatch.setenv("SEALIFT_LOCK_TIMEOUT", "0.1")
    with line.manager() as other, other.only_runner():
        error = command("trust", "reset-sequence", "acme.orders", "--to", "1", "--reason", "x", status=6)["error"]
    assert error["code"].startswith("STORE-")


def test_revoking_lists_what_the_key_signed_on_this_store(line, command):
    case = reversible()
    line.write(case)
    command("upgrade", "--yes")
    result = command("trust", "revoke", "release.pem", "--reason", "laptop stolen")
    (listed,) = result["applied"]
    digest = "sha256:" + sha256(statement_bytes(case.manifest)).hexdigest()
    assert (listed["pack"], listed["sequence"], listed["digest"]) == ("acme.orders", 14, digest)
    assert (listed["current"], listed["newest"]) == ("1.1.0", True)
    assert result["revoked"] == case.signer.public_key.keyid
    assert result["warnings"] == []
    assert command("packs", status=5)["packs"][-1]["error"]["code"] == "TRUST-015"
    status = command("trust", "status")
    assert status["revoked"] == [{"handle": case.signer.public_key.keyid, "reason": "laptop stolen"}]


def test_revoking_in_words(line, command, capsys):
    line.write(reversible())
    command("upgrade", "--yes")
    assert main(["trust", "revoke", new_signer().public_key.keyid, "--reason", "never used"]) == 0
    assert "nothing in the history was signed with it" in capsys.readouterr().out
    with line.manager() as manager:
        digest = manager.history().entries[-1].digest
    assert main(["trust", "revoke", digest, "--manifest", "--reason", "eats data"]) == 0
    shown = capsys.readouterr().out
    assert "these releases ran on this store" in shown
    assert f"acme.orders  14        {digest}" in shown


def test_revoking_works_without_a_store(line, command):
    case = reversible()
    line.write(case)
    line.store.unlink()
    result = command("trust", "revoke", "release.pem", "--reason", "laptop stolen")
    assert result["applied"] is None
    (warning,) = result["warnings"]
    assert warning.startswith("no history was looked at")
    assert not line.store.exists()


def test_status_tells_what_ends_and_refuses_an_older_policy(line, command):
    soon = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    line.write(reversible(bounds={"release": f"not_after = {soon}\n"}, more='[[floor]]\npack = "a.b"\nsequence = 3'))
    status = command("trust", "status")
    (ending,) = status["ending"]
    assert ending.startswith("key release.pem (release) expires at")
    assert status["warnings"] == [ending]
    assert status["floors"] == {"a.b": 3}
    command("upgrade", "--yes")
    text = (line.keys / "policy.toml").read_text()
    (line.keys / "policy.toml").write_text(text.replace("version = 7", "version = 6"))
    assert command("trust", "status", status=5)["error"]["code"] == "TRUST-021"


def test_nothing_at_all_is_written_for_a_pack_that_is_refused(line, command):
    """Not even sealift's own tables are made: a refusal can be looked at with a right to read alone."""
    line.write(reversible())
    with closing(sqlite3.connect(line.store)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'sealift%'").fetchall():
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.commit()
    (line.pack / SCRIPT).write_bytes(SPLIT)
    before = line.tables()
    for verb in (("upgrade", "--yes"), ("baseline", "acme.orders@1.1.0")):
        assert command(*verb, status=5)["error"]["code"] == "TRUST-030"
    assert line.tables() == before
