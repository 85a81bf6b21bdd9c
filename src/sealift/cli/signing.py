"""Verbs for the one who signs: keygen, sign."""

import os
import sys
from pathlib import Path

import click

from sealift.assembly.signing import Draft, Signed, read_signer
from sealift.cli.verb import Call, verb
from sealift.trust.keyfiles import write_key_pair
from sealift.trust.keys import Algorithm


@verb()
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Where to write the files.")
@click.option("--encrypt", is_flag=True, help="Encrypt the private key; asks for a password.")
@click.option("--password-fd", type=int, metavar="FD", help="Read the password from this file descriptor.")
@click.option(
    "--algorithm", type=click.Choice([item.value for item in Algorithm]), default=Algorithm.ED25519.value, help="Kind."
)
def keygen(call: Call, name: str, out: Path, *, encrypt: bool, password_fd: int | None, algorithm: str) -> int:
    """Make a key pair: NAME.key (PKCS#8, mode 0600) and NAME.pem; prints the fingerprint."""
    password = _password(f"password for {name}.key", password_fd, confirm=True) if encrypt else None
    fingerprint = write_key_pair(name, out, password, Algorithm(algorithm))
    files = {"private": str(out / f"{name}.key"), "public": str(out / f"{name}.pem")}
    text = f"{fingerprint}\nprivate key  {files['private']}  (keep it secret)\npublic key   {files['public']}"
    call.render.result({"keyid": fingerprint, **files}, text)
    return 0


@verb()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--key", "keys", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="Private key.")
@click.option("--signer", "uris", multiple=True, metavar="URI", help="Key in a KMS or HSM (extra kms); needs --public.")
@click.option("--public", type=click.Path(path_type=Path), metavar="KEY.pem", help="Public key of --signer.")
@click.option("--sequence", type=int, help="Sequence number (default: the last one's, plus one if anything changed).")
@click.option("--dist-version", metavar="VERSION", help="The distribution's version, when the build computes it.")
@click.option("--password-fd", type=int, metavar="FD", help="Read the password from this file descriptor.")
def sign(
    call: Call,
    directory: Path,
    keys: tuple[Path, ...],
    uris: tuple[str, ...],
    public: Path | None,
    sequence: int | None,
    dist_version: str | None,
    password_fd: int | None,
) -> int:
    """Write pack.dsse.json; a second call with another key adds a signature."""
    if not keys and not uris:
        message = "name a private key with --key, or a KMS key with --signer"
        raise click.UsageError(message)
    draft = Draft.of(directory, sequence=sequence, dist_version=dist_version)
    signers = [read_signer(key, lambda path: _password(f"password for {path}", password_fd)) for key in keys]
    if uris:
        signers.extend(_kms(uris, public))
    signed = draft.sign(signers)
    call.render.result(_shape(signed), _text(signed))
    return 0


def _kms(uris: tuple[str, ...], public: Path | None) -> list:  # type: ignore[type-arg] # signers of the late import
    from sealift.trust.kms import kms_signer

    if public is None:
        message = "--signer needs --public, the file of its public key"
        raise click.UsageError(message)
    return [kms_signer(uri, public.read_bytes()) for uri in uris]


def _password(prompt: str, descriptor: int | None, *, confirm: bool = False) -> bytes:
    """Ask for a password, or read it from a file descriptor; never from an argument, which others can see."""
    if descriptor is not None:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.readline().rstrip(b"\r\n")
    if not sys.stdin.isatty():
        message = "the key is encrypted: give its password with --password-fd, or run in a terminal"
        raise click.UsageError(message)
    text: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return text.encode()


def _shape(signed: Signed) -> dict[str, object]:
    manifest = signed.manifest
    return {
        "pack": manifest.pack,
        "distribution": manifest.distribution,
        "version": manifest.distribution_version,
        "sequence": manifest.sequence,
        "envelope": str(signed.envelope),
        "keyids": list(signed.keyids),
        "files": dict(manifest.files),
        "changes": list(signed.changes),
    }


def _text(signed: Signed) -> str:
    manifest = signed.manifest
    head = (
        f"signed {manifest.pack}, {manifest.distribution} {manifest.distribution_version}, sequence {manifest.sequence}"
    )
    keys = [f"  by {keyid}" for keyid in signed.keyids]
    changes = [f"  {line}" for line in signed.changes] or ["  nothing changed since the last signature"]
    return "\n".join([head, *keys, *changes, f"wrote {signed.envelope}"])
