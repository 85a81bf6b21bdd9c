"""The release engineer's side: a pack project becomes a signed pack."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sealift.assembly.development import signed_manifest
from sealift.errors.signing import PrivateKeyUnreadableError
from sealift.errors.trust_policy import KeyFileRejectedError
from sealift.model.pack import ENVELOPE, Manifest
from sealift.packs.building import build_manifest, next_sequence
from sealift.packs.project import Project
from sealift.trust.envelope import parse_envelope
from sealift.trust.signing import Signer, file_signer, load_private_key, sign_statement
from sealift.trust.statement import statement_bytes

Password = Callable[[Path], bytes]
"""Asks for the password of an encrypted key; called only for those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was signed."""

    envelope: Path
    manifest: Manifest
    keyids: tuple[str, ...]
    """Of every signature the envelope now has."""
    changes: tuple[str, ...]


def read_signer(path: Path, password: Password) -> Signer:
    """Read a private key file; asks for its password if it is encrypted."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise PrivateKeyUnreadableError(problem=error.strerror or str(error), file=str(path)) from error
    secret = password(path) if b"ENCRYPTED PRIVATE KEY" in pem else None
    return file_signer(load_private_key(pem, secret, file=str(path)))


def read_device(uri: str, public: Path, secret: Callable[[str], bytes]) -> Signer:
    """Return the signer at an address; ``secret`` asks for a PIN or whatever else it wants.

    Raises SignerUnavailableError, KeyFileRejectedError, or MissingExtraError without the extra ``kms``.
    """
    from sealift.trust.kms import kms_signer

    try:
        pem = public.read_bytes()
    except OSError as error:
        raise KeyFileRejectedError(file=str(public), problem=f"it cannot be read: {error.strerror}") from error
    return kms_signer(uri, pem, lambda name: secret(f"{name} of {uri}").decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A manifest that is about to be signed, and the one that was signed before."""

    project: Project
    manifest: Manifest
    previous: Manifest | None

    @property
    def changes(self) -> tuple[str, ...]:
        """What differs from the manifest that was signed before, a line each; everything, if none was."""
        files = dict(self.previous.files) if self.previous else {}
        return (*_facts(self.previous, self.manifest), *_differences(files, self.manifest.files))

    @classmethod
    def of(cls, directory: Path, *, sequence: int | None = None, dist_version: str | None = None) -> "Draft":
        """Read the project and make its manifest; raises what is wrong with the project."""
        project = Project.open(directory, dist_version=dist_version)
        previous = signed_manifest(project)  # one that cannot be read is written anew
        number = sequence if sequence is not None else next_sequence(project, previous)
        return cls(project=project, manifest=build_manifest(project, sequence=number), previous=previous)

    def sign(self, signers: Sequence[Signer]) -> Signed:
        """Sign the manifest with every signer and replace the envelope; no other file is touched."""
        statement = statement_bytes(self.manifest)
        envelope = self.project.envelope
        for signer in signers:
            envelope = sign_statement(statement, envelope, signer)
        path = self.project.root / ENVELOPE
        _replace(path, envelope or b"")
        keyids = tuple(signature.keyid or "" for signature in parse_envelope(envelope or b"").signatures)
        return Signed(envelope=path, manifest=self.manifest, keyids=keyids, changes=self.changes)


def _facts(before: Manifest | None, now: Manifest) -> Iterator[str]:
    """Say what else a signature vouches for: names, numbers, and the migrations themselves."""
    for words, name in (
        ("pack", "pack"),
        ("distribution", "distribution"),
        ("version", "distribution_version"),
        ("sequence", "sequence"),
        ("base", "base"),
    ):
        old, new = getattr(before, name, None), getattr(now, name)
        if old != new:
            yield f"{words} {new}" if old is None else f"{words} {old} -> {new}"
    old_ways = {info.version: repr(info) for info in before.migrations} if before else {}
    yield from _differences(old_ways, {info.version: repr(info) for info in now.migrations}, "migration ")


def _differences(before: Mapping[str, str], now: Mapping[str, str], kind: str = "") -> list[str]:
    added = [f"+ {kind}{name}" for name in now if name not in before]
    removed = [f"- {kind}{name}" for name in before if name not in now]
    changed = [f"~ {kind}{name}" for name in now if name in before and before[name] != now[name]]
    return sorted([*added, *removed, *changed], key=lambda line: line[2:])


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".pack.dsse.")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
