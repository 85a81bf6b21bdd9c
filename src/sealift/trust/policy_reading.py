"""``policy.toml`` read strictly: every table and field is known, complete and of its kind, or the file is refused."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sealift.errors.trust_policy import (
    DuplicateKeyError,
    KeyPinMismatchError,
    PolicyMalformedError,
    PolicyUnknownFieldError,
    StrayKeyFileError,
    ThresholdUnreachableError,
)
from sealift.model.names import is_pack_name
from sealift.trust.keys import KEYID, load_public_key
from sealift.trust.policy_lines import PolicyLines
from sealift.trust.rules import PATTERN, Floor, PackGrant, Revocation, TrustedKey

POLICY_LIMIT = 256 * 1024
KEY_LIMIT = 256
"""Keys in a policy: verification may try each on a signature that names none."""

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}\.pem", re.ASCII)
_TOP = ("version", "expires", "key", "grant", "revoke", "floor")
_NUMBER_LIMIT = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One table of the file, with the place it came from."""

    path: str
    lines: PolicyLines
    name: str
    index: int
    content: Mapping[str, Any]

    def where(self, field: str = "") -> str:
        return f"{self.path}:{self.line(field)}"

    def line(self, field: str = "") -> int:
        return self.lines.find(self.name, self.index, field)

    def bad(self, *, field: str, problem: str) -> PolicyMalformedError:
        label = f"{self.name}.{field}" if self.name else field
        return PolicyMalformedError(policy=self.where(field), problem=f"{label}: {problem}")

    def restrict(self, allowed: tuple[str, ...], required: tuple[str, ...]) -> None:
        for field in self.content:
            if field not in allowed:
                raise PolicyUnknownFieldError(policy=self.where(field), field=field, expected=allowed)
        for field in required:
            if field not in self.content:
                raise self.bad(field=field, problem="is missing")

    def text(self, field: str, default: str = "") -> str:
        value = self.content.get(field, default)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.bad(field=field, problem="expected a text of one line")
        return value

    def number(self, field: str, default: int | None = None) -> int:
        value = self.content.get(field, default)
        if type(value) is not int or not 0 <= value <= _NUMBER_LIMIT:
            raise self.bad(field=field, problem="expected a whole number, not negative")
        return value

    def moment(self, field: str) -> datetime | None:
        value = self.content.get(field)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.bad(field=field, problem="expected a time with its zone, such as 2027-06-30T00:00:00Z")
        return value.astimezone(UTC)

    def texts(self, field: str) -> tuple[str, ...]:
        value = self.content.get(field)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.bad(field=field, problem="expected a list of texts, not empty")
        if len(set(value)) != len(value):
            raise self.bad(field=field, problem="one text is there twice")
        return tuple(value)

    def keyid(self, field: str) -> str:
        value = self.text(field)
        if KEYID.fullmatch(value) is None:
            raise self.bad(field=field, problem="expected 'sha256:' and 64 lower-case hex digits")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything a policy says."""

    version: int
    expires: datetime | None
    expires_line: int
    version_line: int
    keys: Mapping[str, TrustedKey]
    """By fingerprint."""
    grants: tuple[PackGrant, ...]
    revoked_keys: Mapping[str, Revocation]
    revoked_manifests: Mapping[str, Revocation]
    floors: Mapping[str, Floor]


def read_rules(policy: bytes, files: Mapping[str, bytes], path: str) -> Rules:
    """Read the policy and the key files it names; raises leaves of ``errors.trust_policy`` with the line."""
    text = _text(policy, path)
    content = _toml(text, path)
    lines = PolicyLines(text)
    top = _Table(path=path, lines=lines, name="", index=0, content=content)
    top.restrict(_TOP, ("version",))
    keys = _keys(top, files)
    revoked_keys, revoked_manifests = _revocations(top)
    return Rules(
        version=_version(top),
        expires=top.moment("expires"),
        expires_line=top.line("expires"),
        version_line=top.line("version"),
        keys={key.keyid: key for key in keys.values()},
        grants=_grants(top, keys),
        revoked_keys=revoked_keys,
        revoked_manifests=revoked_manifests,
        floors=_floors(top),
    )


def _text(policy: bytes, path: str) -> str:
    if len(policy) > POLICY_LIMIT:
        raise PolicyMalformedError(policy=path, problem=f"it has more than {POLICY_LIMIT} bytes")
    try:
        return policy.decode("utf-8")
    except UnicodeDecodeError as error:
        line = policy.count(b"\n", 0, error.start) + 1
        raise PolicyMalformedError(policy=f"{path}:{line}", problem="it is not UTF-8") from None


def _toml(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line ([0-9]+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise PolicyMalformedError(policy=f"{path}:{line}", problem=f"it is not TOML: {error}") from None


def _tables(top: _Table, name: str) -> Iterator[_Table]:
    listed = top.content.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise top.bad(field=name, problem=f"expected tables [[{name}]]")
    for index, content in enumerate(listed):
        yield _Table(path=top.path, lines=top.lines, name=name, index=index, content=content)


def _version(top: _Table) -> int:
    version = top.number("version")
    if version < 1:
        raise top.bad(field="version", problem="expected 1 or more")
    return version


def _keys(top: _Table, files: Mapping[str, bytes]) -> dict[str, TrustedKey]:
    keys: dict[str, TrustedKey] = {}
    by_id: dict[str, str] = {}
    tables = list(_tables(top, "key"))
    if len(tables) > KEY_LIMIT:
        raise top.bad(field="key", problem=f"there are more than {KEY_LIMIT} keys")
    for table in tables:
        key = _key(table, files)
        first = by_id.setdefault(key.keyid, key.file)
        if key.name in keys or first != key.file:
            raise DuplicateKeyError(policy=table.where(), keyid=key.keyid, files=(first, key.file))
        keys[key.name] = key
    for file in sorted(files.keys() - {key.file for key in keys.values()}):
        raise StrayKeyFileError(policy=top.path, file=file, keyid=load_public_key(files[file], file=file).keyid)
    return keys


def _key(table: _Table, files: Mapping[str, bytes]) -> TrustedKey:
    table.restrict(("file", "keyid", "owner", "not_before", "not_after"), ("file", "keyid"))
    file = table.text("file")
    if _FILE.fullmatch(file) is None:
        raise table.bad(field="file", problem=f"{file!r} is no name of a *.pem file")
    if file not in files:
        raise table.bad(field="file", problem=f"{file} is not there")
    key, pinned = load_public_key(files[file], file=file), table.keyid("keyid")
    if key.keyid != pinned:
        raise KeyPinMismatchError(policy=table.where("keyid"), file=file, got=key.keyid, expected=pinned)
    name = file.removesuffix(".pem")
    begin, end = table.moment("not_before"), table.moment("not_after")
    if begin is not None and end is not None and end <= begin:
        raise table.bad(field="not_after", problem="is not after not_before")
    owner = table.text("owner", name)
    return TrustedKey(
        name=name, file=file, key=key, owner=owner, not_before=begin, not_after=end, line=table.line()
    )  # fmt: skip


def _grants(top: _Table, keys: Mapping[str, TrustedKey]) -> tuple[PackGrant, ...]:
    seen: dict[str, int] = {}
    grants = []
    for table in _tables(top, "grant"):
        grants.append(_grant(table, keys))
        for pattern in grants[-1].packs:
            if pattern in seen:
                raise table.bad(field="packs", problem=f"{pattern!r} has a grant in line {seen[pattern]} already")
            seen[pattern] = table.line()
    return tuple(grants)


def _grant(table: _Table, keys: Mapping[str, TrustedKey]) -> PackGrant:
    table.restrict(("packs", "keys", "threshold"), ("packs", "keys"))
    packs, names = table.texts("packs"), table.texts("keys")
    for pattern in packs:
        if PATTERN.fullmatch(pattern) is None:
            raise table.bad(field="packs", problem=f"{pattern!r} is no pattern ('acme.orders', 'acme.*' or '*')")
    for name in names:
        if name not in keys:
            raise table.bad(
                field="keys", problem=f"{name!r} is no [[key]] (known: {', '.join(sorted(keys)) or 'none'})"
            )
    threshold = table.number("threshold", 1)
    _check_threshold(table, threshold, [keys[name] for name in names])
    keyids = tuple(keys[name].keyid for name in names)
    return PackGrant(packs=packs, keyids=keyids, threshold=threshold, line=table.line())


def _check_threshold(table: _Table, threshold: int, keys: list[TrustedKey]) -> None:
    owners = tuple(sorted({key.owner for key in keys}))
    if not 1 <= threshold <= len(owners):
        raise ThresholdUnreachableError(policy=table.where("threshold"), threshold=threshold, owners=owners)


def _revocations(top: _Table) -> tuple[dict[str, Revocation], dict[str, Revocation]]:
    keys: dict[str, Revocation] = {}
    manifests: dict[str, Revocation] = {}
    for table in _tables(top, "revoke"):
        table.restrict(("keyid", "manifest", "reason"), ("reason",))
        if ("keyid" in table.content) == ("manifest" in table.content):
            raise table.bad(field="keyid", problem="expected either keyid or manifest")
        field = "keyid" if "keyid" in table.content else "manifest"
        revoked = keys if field == "keyid" else manifests
        revoked[table.keyid(field)] = Revocation(reason=table.text("reason"), line=table.line())
    return keys, manifests


def _floors(top: _Table) -> dict[str, Floor]:
    floors: dict[str, Floor] = {}
    for table in _tables(top, "floor"):
        table.restrict(("pack", "sequence"), ("pack", "sequence"))
        pack = table.text("pack")
        if not is_pack_name(pack) or pack in floors:
            raise table.bad(
                field="pack", problem=f"{pack!r} {'has a floor already' if pack in floors else 'is no pack name'}"
            )
        floors[pack] = Floor(sequence=table.number("sequence"), line=table.line())
    return floors
