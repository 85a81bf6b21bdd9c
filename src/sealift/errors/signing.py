"""Private keys and signing, on the release engineer's side: exit status 1."""

from typing import ClassVar

from sealift.errors.base import ExitStatus, SealiftError


class SigningError(SealiftError):
    """A key cannot be made or used for signing."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED


class PrivateKeyUnreadableError(SigningError):
    """The file is no private key that sealift can sign with.

    Expected is one PKCS#8 PEM block with an Ed25519 key or an ECDSA key on P-256 or P-384, as ``sealift keygen`` makes.
    """

    code: ClassVar[str] = "SIGN-001"
    problem: str
    file: str = ""

    def message(self) -> str:
        """Say what the file holds."""
        return f"{self.file or 'the private key'} cannot be used: {self.problem}"

    def hint(self) -> str:
        """Say how to make one."""
        return "Give a PKCS#8 key (Ed25519, ECDSA P-256 or P-384), as 'sealift keygen NAME' writes."


class PasswordError(SigningError):
    """The password of the private key is missing, wrong, or not needed.

    Encrypted keys need their password, by prompt or file descriptor; a password for a key that is not encrypted is
    refused too, because it shows that another key was meant.
    """

    code: ClassVar[str] = "SIGN-002"
    problem: str
    file: str = ""

    def message(self) -> str:
        """Say which of the three it is."""
        return f"{self.file or 'the private key'}: {self.problem}"

    def hint(self) -> str:
        """Say how to give it."""
        return "Give the password by prompt or file descriptor, never as an argument."


class KeyFileExistsError(SigningError):
    """A key file of that name exists; it is not overwritten.

    A lost private key cannot be made again. Choose another name, or move the old files away first.
    """

    code: ClassVar[str] = "SIGN-003"
    path: str

    def message(self) -> str:
        """Name the file."""
        return f"{self.path} exists and is not overwritten"

    def hint(self) -> str:
        """Say what to do instead."""
        return "Choose another name or folder, or move the old key away first."


class SignerUnavailableError(SigningError):
    """The hardware or service that holds the key cannot sign.

    Either the scheme of the address is not known, or a library that it needs is missing, or the device refused; the
    message repeats its words.
    """

    code: ClassVar[str] = "SIGN-004"
    uri: str
    problem: str

    def message(self) -> str:
        """Repeat what the device said."""
        return f"the signer {self.uri} cannot sign: {self.problem}"

    def hint(self) -> str:
        """Say what to install or check."""
        return "Check the address, the device, and that the library for this kind of device is installed."


class SignatureSelfCheckError(SigningError):
    """The signature that was just made does not verify.

    The public key given for the signer is not that of the key it signs with, or the device is faulty. Nothing was
    written.
    """

    code: ClassVar[str] = "SIGN-005"
    keyid: str

    def message(self) -> str:
        """Name the public key."""
        return f"the signature just made does not verify with {self.keyid}; it was thrown away"

    def hint(self) -> str:
        """Say what to compare."""
        return "Check that the public key belongs to the private key that the signer uses."


class KeyNameError(SigningError):
    """The name cannot be a key's file name.

    Letters, digits, dot, dash and underscore, beginning with a letter or digit, 64 at most.
    """

    code: ClassVar[str] = "SIGN-006"
    name: str

    def message(self) -> str:
        """Repeat the name."""
        return f"{self.name!r} cannot be the name of a key"

    def hint(self) -> str:
        """Say which names can."""
        return "Use letters, digits, '.', '-' and '_', beginning with a letter or digit, 64 at most."
