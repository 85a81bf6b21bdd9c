"""Changing a policy: comments and order are kept, ``version`` goes up, and what changes is returned as a diff.

The new policy is read back as strictly as any other before it replaces the old one, in one rename.
"""

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

from sealift.errors.config import PolicyEditError
from sealift.errors.trust_policy import KeyFileRejectedError, PolicyMalformedError, StrayKeyFileError
from sealift.trust.directory import POLICY_FILE, Listing, read_directory
from sealift.trust.keys import KEYID, PublicKey, load_public_key
from sealift.trust.moments import moment
from sealift.trust.policy import TrustPolicy
from sealift.trust.replacing import replace_file

_HEAD = """\
# Who may sign which packs. Nothing is trusted that is not named here.
# 'version' only goes up: sealift refuses a policy older than one it has seen.
version = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What a command changed."""

    path: Path
    diff: str
    """Unified, of every file that was written."""
    policy: TrustPolicy
    """The policy as it is now."""
    revoked: str = ""
    """Fingerprint or digest that was revoked."""


def init_policy(directory: Path, *, expires: datetime | None = None) -> PolicyChange:
    """Write the first ``policy.toml`` for the keys that are there: each may sign every pack, as before.

    The directory is made if there is none. A policy that exists is left as it is: the diff is empty then.
    """
    state = _State.read(directory)
    return state.write(state.text or _first(state.keys, expires))


def add_key(
    directory: Path,
    pem: Path,
    packs: Sequence[str],
    *,
    owner: str | None = None,
    expires: datetime | None = None,
) -> PolicyChange:
    """Trust a public key for these packs: its file is copied, and it joins the grants of these patterns.

    A pattern that has a grant gets the key as one more signer, its threshold unchanged. Raises PolicyEditError for
    what cannot stand in a policy, and leaves of ``errors.trust_policy``; then nothing was written.
    """
    key = load_public_key(_read_key(pem), file=str(pem))
    state = _State.read(directory, joining=key)
    document = tomlkit.parse(state.text or _first(state.keys, None))
    name = _known_name(document, key)
    added: dict[str, bytes] = {}
    if name is None:
        name, file = pem.stem, f"{pem.stem}.pem"
        if file in state.keys:
            raise KeyFileRejectedError(file=str(pem), problem=f"another key is trusted as {file} already: rename it")
        _add_key_table(document, file, key, owner or name, expires)
        added[file] = key.pem
    _grant(document, list(packs), name)
    return state.write(_bumped(document, state.text), added)


def revoke(directory: Path, handle: str, reason: str) -> PolicyChange:
    """Revoke a key by its fingerprint or its file in the directory; it stays listed, so its packs are recognised.

    Raises PolicyEditError when there is no such key.
    """
    state = _State.read(directory)
    keyid = _keyid(handle, state.keys)
    return replace(_append_revocation(state, {"keyid": keyid, "reason": reason}), revoked=keyid)


def revoke_manifest(directory: Path, digest: str, reason: str) -> PolicyChange:
    """Revoke one release of a pack by the digest of its manifest."""
    change = _append_revocation(_State.read(directory), {"manifest": digest, "reason": reason})
    return replace(change, revoked=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The directory before the change."""

    path: Path
    text: str
    """Of the policy; empty if there is none."""
    keys: Mapping[str, bytes]
    files: Mapping[str, bytes]
    """Every ``*.pem``, also one that no policy names yet."""

    @classmethod
    def read(cls, directory: Path, joining: PublicKey | None = None) -> "_State":
        """Read and check; the file of a key that is about to join need not be named by the policy."""
        files = read_directory(directory) if directory.exists() else Listing(policy=None, keys={})
        text = files.policy.decode("utf-8", "replace") if files.policy is not None else ""
        path = directory / POLICY_FILE
        keys = _settled(files, path, joining)
        return cls(path=path, text=text, keys=keys, files=files.keys)

    def write(self, text: str, added: Mapping[str, bytes] = MappingProxyType({})) -> PolicyChange:
        """Check the new policy, then write what differs."""
        keys = {**self.keys, **added}
        policy = self._checked(text, keys)
        new = {name: content for name, content in added.items() if name not in self.files}
        self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        for name, content in new.items():
            replace_file(self.path.parent / name, content)
        if text != self.text:
            replace_file(self.path, text.encode("utf-8"))
        diff = "".join(_diff(name, "", content.decode("ascii")) for name, content in new.items())
        return PolicyChange(path=self.path, diff=diff + _diff(POLICY_FILE, self.text, text), policy=policy)

    def _checked(self, text: str, keys: Mapping[str, bytes]) -> TrustPolicy:
        """Read the new policy back; the old one was sound, so what is wrong with the new one is what was asked for."""
        try:
            return TrustPolicy.parse(text.encode("utf-8"), keys, path=str(self.path))
        except PolicyMalformedError as error:
            raise PolicyEditError(problem=error.problem) from error


def _settled(listing: Listing, path: Path, joining: PublicKey | None) -> Mapping[str, bytes]:
    """Check the policy that is there; return its keys, without the file of a key that is yet to join."""
    if listing.policy is None:
        return {
            name: pem
            for name, pem in listing.keys.items()
            if joining is None or load_public_key(pem, file=name) != joining
        }
    keys = dict(listing.keys)
    try:
        TrustPolicy.parse(listing.policy, keys, path=str(path))
    except StrayKeyFileError as error:
        if joining is None or error.keyid != joining.keyid:
            raise
        del keys[error.file]
        TrustPolicy.parse(listing.policy, keys, path=str(path))
    return keys


def _append_revocation(state: _State, fields: dict[str, Any]) -> PolicyChange:
    document = tomlkit.parse(state.text or _first(state.keys, None))
    _append(document, "revoke", fields)
    return state.write(_bumped(document, state.text))


def _bumped(document: TOMLDocument, before: str) -> str:
    if before and tomlkit.dumps(document) != before:
        document["version"] = int(document["version"]) + 1
    return tomlkit.dumps(document)


def _diff(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        fromfile=f"a/{name}" if before else os.devnull,
        tofile=f"b/{name}",
    )
    return "".join(lines)


def _first(keys: Mapping[str, bytes], expires: datetime | None) -> str:
    document = tomlkit.parse(_HEAD)
    if expires is not None:
        document.add("expires", _time(expires))
    names = [file.removesuffix(".pem") for file in sorted(keys)]
    for name in names:
        file = f"{name}.pem"
        _add_key_table(document, file, load_public_key(keys[file], file=file), name, None)
    if names:
        _append(document, "grant", {"packs": ["*"], "keys": names, "threshold": 1})
    return tomlkit.dumps(document)


def _time(when: datetime) -> Any:
    return tomlkit.datetime(moment(when))


def _known_name(document: TOMLDocument, key: PublicKey) -> str | None:
    tables: Any = document.get("key", [])
    return next((str(one["file"]).removesuffix(".pem") for one in tables if one["keyid"] == key.keyid), None)


def _add_key_table(document: TOMLDocument, file: str, key: PublicKey, owner: str, expires: datetime | None) -> None:
    fields: dict[str, Any] = {"file": file, "keyid": key.keyid, "owner": owner}
    if expires is not None:
        fields["not_after"] = _time(expires)
    _append(document, "key", fields)


def _grant(document: TOMLDocument, packs: list[str], name: str) -> None:
    ungranted = list(packs)
    tables: Any = document.get("grant", [])
    for table in list(tables):
        covered = [pattern for pattern in packs if pattern in table["packs"]]
        ungranted = [pattern for pattern in ungranted if pattern not in covered]
        if covered and name not in table["keys"]:
            _join(document, table, covered, name)
    if ungranted:
        _append(document, "grant", {"packs": ungranted, "keys": [name], "threshold": 1})


def _join(document: TOMLDocument, table: Any, covered: list[str], name: str) -> None:
    rest = [pattern for pattern in table["packs"] if pattern not in covered]
    if not rest:
        table["keys"].append(name)
        return
    # The grant names other packs too, which the key was not asked to sign: they part.
    table["packs"] = rest
    fields = {"packs": covered, "keys": [*table["keys"], name], "threshold": table.get("threshold", 1)}
    _append(document, "grant", fields)


def _append(document: TOMLDocument, name: str, fields: dict[str, Any]) -> None:
    if name not in document:
        document.add(name, tomlkit.aot())
    table = tomlkit.table()
    table.trivia.indent = "\n"
    for field, value in fields.items():
        table.add(field, value)
    listed: Any = document[name]
    listed.append(table)


def _keyid(handle: str, keys: Mapping[str, bytes]) -> str:
    if KEYID.fullmatch(handle):
        return handle
    file = f"{Path(handle).name.removesuffix('.pem')}.pem"
    content = keys.get(file)
    if content is None:
        if not Path(handle).is_file():
            raise PolicyEditError(problem=f"{handle!r} is no fingerprint, no trusted key and no file of a public key")
        content = _read_key(Path(handle))
    return load_public_key(content, file=handle).keyid


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileRejectedError(file=str(path), problem=f"it cannot be read: {error.strerror}") from error
