"""Verification refused: exit status 5. Envelope, manifest, signatures, keys and what they may sign."""

from collections.abc import Mapping
from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError

_SHOWN = len("sha256:") + 16


def shorten(digest: str) -> str:
    """Return enough of a fingerprint or digest to recognise it; the whole of it is in the error's fields."""
    return digest if len(digest) <= _SHOWN else digest[:_SHOWN] + ".."


class TrustError(SealiftError):
    """A pack, key or policy is not to be trusted; nothing was executed."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.REFUSED

    pack: str = ""
    """The pack's name, with its distribution and version once they are known."""
    place: str = ""
    """The folder, or the wheel, the pack was found in."""
    policy: str = ""
    """The policy file, with the line that decided: ``/etc/sealift/trusted_keys/policy.toml:21``."""

    def remedy(self) -> str:
        """Say what to do, in full sentences."""
        raise NotImplementedError

    def hint(self) -> str:
        """Return the remedy, and that nothing was executed."""
        return f"{self.remedy()} Nothing was executed."

    def context(self) -> Mapping[str, str]:
        """Return where it happened, for the lines below the message; what is not known is left out."""
        pack = f"{self.pack} in {self.place}" if self.pack and self.place else self.pack or self.place
        return {name: text for name, text in (("pack", pack), ("policy", self.policy)) if text}

    @property
    def subject(self) -> str:
        """What the message is about."""
        return self.pack or self.place or "the pack"


class UnsignedPackError(TrustError):
    """The pack has no envelope: nobody signed it.

    There is no file ``pack.dsse.json`` in the pack's folder. Ask the publisher for the signed release, or, if the pack
    is yours, sign it with ``sealift sign`` and build the wheel again.
    """

    code: ClassVar[str] = "TRUST-001"

    def message(self) -> str:
        """Say which pack is unsigned."""
        return f"unsigned pack: {self.subject} has no pack.dsse.json (expected a signed envelope)"

    def remedy(self) -> str:
        """Say who can sign it."""
        return "Get the signed release from its publisher, or sign your own pack with 'sealift sign'."


class EnvelopeMalformedError(TrustError):
    """The envelope is there, but it is no DSSE envelope.

    The file is empty, cut off, too large, not strict JSON, or its fields are not those of DSSE. A damaged envelope is
    never taken for a missing one. Install the release again from a source you trust, or sign the pack again.
    """

    code: ClassVar[str] = "TRUST-002"
    problem: str

    def message(self) -> str:
        """Say what is wrong with the file."""
        return f"malformed envelope: pack.dsse.json of {self.subject}: {self.problem}"

    def remedy(self) -> str:
        """Say how to get a whole one."""
        return "Install the release again from a source you trust; if the pack is yours, sign it again."


class PayloadTypeMismatchError(TrustError):
    """What was signed is something else than a manifest of a pack.

    The envelope is about another kind of statement, such as the provenance of a build. It may be genuine, and it is
    not about this pack's contents. Ask the publisher for the envelope that ``sealift sign`` made.
    """

    code: ClassVar[str] = "TRUST-003"
    field: str
    got: str
    expected: str

    def message(self) -> str:
        """Say which type was found where."""
        return f"wrong kind of statement: {self.field} of {self.subject} is {self.got!r} (expected {self.expected!r})"

    def remedy(self) -> str:
        """Say which envelope is needed."""
        return "Use the envelope that 'sealift sign' wrote for this pack."


class ManifestMalformedError(TrustError):
    """The signature is genuine, but the signed manifest breaks the rules for manifests.

    An unknown or missing field, an unsafe path, a duplicate, a file that is not listed, a version that is none: the
    problem names the place. The publisher has to sign the pack again with a current sealift.

    Also said, before any signature is looked at, of an installed distribution that announces a pack by an entry point
    whose name is no pack name or whose value is not the dotted name of a folder: then uninstall the distribution.
    """

    code: ClassVar[str] = "TRUST-004"
    where: str
    problem: str

    def message(self) -> str:
        """Say which member of the manifest is wrong."""
        return f"malformed manifest: {self.subject}: {self.where}: {self.problem}"

    def remedy(self) -> str:
        """Say who can mend it."""
        return "Its publisher has to sign it again with a current sealift ('sealift lint' shows the cause)."


class SignatureInvalidError(TrustError):
    """A signature is there, and it is not a signature of these bytes by the key it names.

    The manifest was changed after it was signed, or the signature was copied from something else, or made with another
    key. Install the release again from a source you trust; if that does not help, tell the publisher.
    """

    code: ClassVar[str] = "TRUST-010"
    keyid: str
    key_file: str = ""

    def message(self) -> str:
        """Say whose signature does not fit."""
        name = f"{self.key_file} ({shorten(self.keyid)})" if self.key_file else shorten(self.keyid) or "no key it names"
        return f"invalid signature: the signature on {self.subject} does not verify with {name}"

    def remedy(self) -> str:
        """Say what to do with a pack that was changed."""
        return "The manifest was changed after signing: install the release again from a source you trust."


class UntrustedKeyError(TrustError):
    """The pack is signed, but by no key in ``trusted_keys``.

    Compare the fingerprint in the message with the one the publisher shows, over another channel than the pack itself.
    If they agree and you mean to trust the key, add it with ``sealift trust add KEY.pem --packs NAME``.
    """

    code: ClassVar[str] = "TRUST-011"
    keyids: tuple[str, ...]
    trusted: tuple[str, ...]

    def message(self) -> str:
        """Name the fingerprints found and the keys that are trusted."""
        found = ", ".join(self.keyids) or "a key that gives no fingerprint"
        known = ", ".join(self.trusted) or "none"
        return f"untrusted key: {self.subject} is signed by {found} (trusted keys: {known})"

    def remedy(self) -> str:
        """Say how to compare and to add the key."""
        return (
            "Compare the fingerprint with its publisher's (openssl pkey -pubin -in KEY.pem -outform DER | sha256sum); "
            "if you mean to trust it: sealift trust add KEY.pem --packs NAME."
        )


class KeyOutOfScopeError(TrustError):
    """A trusted key signed a pack that it may not sign.

    The most specific ``[[grant]]`` for the pack's name does not list the key, or no grant matches the name. Have the
    pack signed by one of the keys named in the message, or widen the grant if you mean to trust this key here.
    """

    code: ClassVar[str] = "TRUST-012"
    keyid: str
    key_file: str
    may_sign: tuple[str, ...]
    expected: tuple[str, ...]

    def message(self) -> str:
        """Say what the key may sign instead."""
        scope = ", ".join(self.may_sign) if self.may_sign else "no pack at all"
        return (
            f"key out of scope: {self.subject} is signed by {self.key_file} ({shorten(self.keyid)}), "
            f"which may sign {scope}"
        )

    def remedy(self) -> str:
        """Say which keys would do."""
        widen = "widen the grant if you mean to trust this key here"
        if not self.expected:
            return f"No grant covers this pack: {widen} (sealift trust add {self.key_file}.pem --packs NAME)."
        return f"Have it signed by {' or '.join(self.expected)}, or {widen}."


class ThresholdNotMetError(TrustError):
    """Too few of the owners whose signatures the grant asks for have signed.

    A threshold counts distinct owners with distinct public keys; one person signing twice counts once. The message says
    whose signatures count and why others do not. Add the missing signatures with ``sealift sign DIR --key FILE``.
    """

    code: ClassVar[str] = "TRUST-013"
    got: int
    expected: int
    counted: tuple[str, ...]
    missing: tuple[str, ...]
    discounted: tuple[str, ...] = ()

    def message(self) -> str:
        """Say how many there are, whose they are, and what does not count."""
        signed = f" ({', '.join(self.counted)})" if self.counted else ""
        rest = f"; not counted: {'; '.join(self.discounted)}" if self.discounted else ""
        return f"threshold not met: {self.subject} has {self.got} of {self.expected} required signatures{signed}{rest}"

    def remedy(self) -> str:
        """Name the keys that can sign."""
        return f"Have it signed also by {' or '.join(self.missing)} (sealift sign DIR --key FILE adds a signature)."


class KeyExpiredError(TrustError):
    """The key's time has not come or is over, by the clock of this machine.

    ``not_before`` or ``not_after`` of the ``[[key]]`` decides. New work needs a pack signed by a key that is valid
    today; taking back an applied pack goes on working. To go ahead once, knowingly: ``--accept-expired KEYID --reason
    TEXT``, which is written to the history.
    """

    code: ClassVar[str] = "TRUST-014"
    keyid: str
    key_file: str
    owner: str
    now: str
    not_before: str | None
    not_after: str | None

    @property
    def bound(self) -> str:
        """The bound that was passed, and the time now."""
        early = self.not_before is not None and self.now < self.not_before
        text = f"is not valid before {self.not_before}" if early else f"expired at {self.not_after}"
        return f"{text} (it is now {self.now})"

    def message(self) -> str:
        """Give both times."""
        return (
            f"key out of time: {self.subject} is signed by {self.key_file} ({shorten(self.keyid)}), which {self.bound}"
        )

    def remedy(self) -> str:
        """Say who has to act, and how to go ahead once."""
        return (
            f"Get a release signed by a valid key, or renew the key of {self.owner} in the policy; "
            f"to go ahead once: --accept-expired {self.keyid} --reason TEXT."
        )


class KeyRevokedError(TrustError):
    """The key that signed the pack was revoked.

    Revocation beats everything else, for every pack the key ever signed, because without a trusted clock nobody can
    tell signatures made before a theft from those made after. Get a release signed by another key.
    """

    code: ClassVar[str] = "TRUST-015"
    keyid: str
    key_file: str
    reason: str

    def message(self) -> str:
        """Give the reason that was written down."""
        return (
            f"revoked key: {self.subject} is signed by {self.key_file} ({shorten(self.keyid)}), "
            f"which was revoked: {self.reason}"
        )

    def remedy(self) -> str:
        """Say that only a new signature helps."""
        return "Get a release that is signed by another key; a revoked key is not accepted again."


class PackRevokedError(TrustError):
    """This very release was revoked.

    A ``[[revoke]]`` of the policy names the digest of the manifest: the key is good, the release is not. Install
    another release of the pack.
    """

    code: ClassVar[str] = "TRUST-016"
    digest: str
    reason: str

    def message(self) -> str:
        """Give the digest and the reason."""
        return f"revoked release: {self.subject} ({shorten(self.digest)}) was revoked: {self.reason}"

    def remedy(self) -> str:
        """Say what to install."""
        return "Install another release of the pack."
