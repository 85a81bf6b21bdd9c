"""Verification refused: exit status 5. The directory of trusted keys and the policy in it."""

from typing import ClassVar

from sealift.errors.trust import TrustError, shorten


class PolicyExpiredError(TrustError):
    """The policy's own time is over.

    ``expires`` of ``policy.toml`` has passed: a newer policy may withhold trust that this one still gives. Get the
    newer policy, or review this one, raise ``version`` and set a new date. To go ahead once: ``--accept-expired policy
    --reason TEXT``, which is written to the history.
    """

    code: ClassVar[str] = "TRUST-017"
    expires: str
    now: str

    def message(self) -> str:
        """Give both times."""
        return (
            f"policy expired: {self.policy} expired at {self.expires} (it is now {self.now}); no new pack is accepted"
        )

    def remedy(self) -> str:
        """Say how to renew it."""
        return (
            "Review the policy, set a later 'expires' and raise 'version'; "
            "to go ahead once: --accept-expired policy --reason TEXT."
        )


class PolicyMalformedError(TrustError):
    """``policy.toml`` is not valid: broken TOML, a missing field, or a value of the wrong kind.

    The message gives the line. Nothing is trusted until the file is right.
    """

    code: ClassVar[str] = "TRUST-018"
    problem: str

    def message(self) -> str:
        """Give the line and the problem."""
        return f"malformed policy: {self.policy}: {self.problem}"

    def remedy(self) -> str:
        """Point to the fields."""
        return "Correct the line; 'sealift trust' commands write a valid policy."


class KeyFileRejectedError(TrustError):
    """A file in ``trusted_keys`` is not one public key of a kind that sealift trusts.

    Accepted is one PEM block ``PUBLIC KEY`` with nothing around it, holding an Ed25519 key of prime order or an ECDSA
    key on P-256 or P-384. For some weak Ed25519 keys anyone can forge signatures; they are refused.
    """

    code: ClassVar[str] = "TRUST-019"
    file: str
    problem: str

    def message(self) -> str:
        """Say what the file holds."""
        return f"unusable key: {self.file}: {self.problem}"

    def remedy(self) -> str:
        """Say how to make one."""
        return (
            "Put the public key alone into the file, as PEM: openssl pkey -in PRIVATE.key -pubout -out NAME.pem "
            "(Ed25519, ECDSA P-256 or P-384)."
        )


class KeyDirUnsafeError(TrustError):
    """Somebody else could write to the trusted keys.

    The directory, a file in it, or a directory above belongs to, or can be written by, another user than root and the
    one sealift runs as. Whoever can write there can decide what is trusted. The message names the path and its mode.
    """

    code: ClassVar[str] = "TRUST-020"
    path: str
    problem: str
    command: str

    def message(self) -> str:
        """Name the path and why it is unsafe."""
        return f"unsafe trusted keys: {self.path} {self.problem}"

    def remedy(self) -> str:
        """Give the command."""
        return f"Run: {self.command} (after checking that nobody put a key there)."


class PolicyRollbackError(TrustError):
    """The policy is older than one that was used with this store.

    ``version`` only goes up, and the history records it. An older policy may trust a key that was revoked since. Put
    the newer policy back, or raise ``version`` above the recorded one.
    """

    code: ClassVar[str] = "TRUST-021"
    got: int
    expected: int

    def message(self) -> str:
        """Give both versions."""
        return f"policy rollback: {self.policy} has version {self.got}, and the history has seen {self.expected}"

    def remedy(self) -> str:
        """Say which policy to use."""
        return f"Put the newer policy back; if this one is meant, set its version to {self.expected + 1}."


class PolicyUnknownFieldError(TrustError):
    """``policy.toml`` has a table or field that does not exist.

    It is refused, not ignored, because a misspelt ``[[revoke]]`` would silently trust what you meant to revoke.
    """

    code: ClassVar[str] = "TRUST-022"
    field: str
    expected: tuple[str, ...]

    def message(self) -> str:
        """Name the field and those that exist."""
        return f"unknown field: {self.policy}: {self.field!r} (expected one of: {', '.join(self.expected)})"

    def remedy(self) -> str:
        """Say what to correct."""
        return "Correct the name or remove it."


class StrayKeyFileError(TrustError):
    """The directory of trusted keys holds a file that the policy does not name.

    Whoever put it there may have meant it to be trusted, or revoked; neither happens by itself.
    """

    code: ClassVar[str] = "TRUST-023"
    file: str
    keyid: str = ""

    def message(self) -> str:
        """Name the file and its fingerprint."""
        key = f" ({shorten(self.keyid)})" if self.keyid else ""
        return f"stray file: {self.file}{key} is among the trusted keys, and no [[key]] of {self.policy} names it"

    def remedy(self) -> str:
        """Say how to name or remove it."""
        return f"Remove it, or trust it: sealift trust add {self.file} --packs NAME."


class DuplicateKeyError(TrustError):
    """One public key stands in the policy twice.

    Under two names it would count twice towards a threshold.
    """

    code: ClassVar[str] = "TRUST-024"
    keyid: str
    files: tuple[str, ...]

    def message(self) -> str:
        """Name the key and both files."""
        return f"duplicate key: {self.policy}: {shorten(self.keyid)} is in {' and '.join(self.files)}"

    def remedy(self) -> str:
        """Say what to remove."""
        return "Keep one of them."


class ThresholdUnreachableError(TrustError):
    """A grant asks for more signatures than its keys' owners can give, or for none.

    A threshold counts owners: two keys of one owner count once.
    """

    code: ClassVar[str] = "TRUST-025"
    threshold: int
    owners: tuple[str, ...]

    def message(self) -> str:
        """Give the threshold and the owners."""
        return (
            f"unreachable threshold: {self.policy}: threshold is {self.threshold}, "
            f"and the grant's keys have {len(self.owners)} owner(s): {', '.join(self.owners)}"
        )

    def remedy(self) -> str:
        """Say which values work."""
        return f"Set a threshold from 1 to {len(self.owners)}, or add keys of other owners."


class KeyPinMismatchError(TrustError):
    """A key file does not hold the key that the policy names.

    ``keyid`` of the ``[[key]]`` pins the fingerprint; the file was swapped, or the pin was mistyped.
    """

    code: ClassVar[str] = "TRUST-026"
    file: str
    got: str
    expected: str

    def message(self) -> str:
        """Give both fingerprints in full."""
        return f"swapped key: {self.file} is {self.got}, and {self.policy} pins {self.expected}"

    def remedy(self) -> str:
        """Say what to compare."""
        return "Find out which of the two is right from the key's owner before you change either."


class PolicyRequiredError(TrustError):
    """There are keys but no policy, and the settings require one.

    Without ``policy.toml`` every key may sign every pack. ``require_policy = true`` forbids that.
    """

    code: ClassVar[str] = "TRUST-027"
    directory: str

    def message(self) -> str:
        """Name the directory."""
        return f"policy required: {self.directory} has no policy.toml, and require_policy is set"

    def remedy(self) -> str:
        """Say how to write one."""
        return "Write one with 'sealift trust init' and narrow its grants."


class PrivateKeyLeakedError(TrustError):
    """A private key lies in the directory of trusted keys.

    That directory is made to be copied and read by many: treat the key as leaked. Make a new key, sign again, and
    revoke the old one.
    """

    code: ClassVar[str] = "TRUST-028"
    file: str

    def message(self) -> str:
        """Name the file."""
        return f"leaked private key: {self.file} holds a private key (expected public keys only)"

    def remedy(self) -> str:
        """Say how to replace the key."""
        return (
            "Treat it as leaked: remove the file, make a new key (sealift keygen), "
            "revoke the old one (sealift trust revoke KEYID --reason TEXT) and sign again."
        )


class NoTrustedKeysError(TrustError):
    """There is no directory of trusted keys, or it holds no key: nothing is trusted.

    A missing directory never means that everything is trusted.
    """

    code: ClassVar[str] = "TRUST-029"
    directory: str
    problem: str

    def message(self) -> str:
        """Name the directory."""
        return f"no trusted keys: {self.directory} {self.problem} (nothing is trusted)"

    def remedy(self) -> str:
        """Say how to trust the first key."""
        return (
            "Trust a publisher: sealift trust add KEY.pem --packs NAME; or give another directory with --trusted-keys."
        )
