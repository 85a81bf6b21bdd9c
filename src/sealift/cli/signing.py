"""Verbs for the one who signs: keygen, sign."""

from pathlib import Path

import click

from sealift.assembly.signing import Draft, Signed, read_device, read_signer
from sealift.cli.passwords import asker
from sealift.cli.verb import Call, verb
from sealift.trust.keyfiles import write_key_pair
from sealift.trust.keys import Algorithm


@verb()
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where to write both files (default: here).",
)
@click.option("--encrypt", is_flag=True, help="Encrypt the private key with a password, which is asked for.")
@click.option("--password-fd", type=int, metavar="FD", help="Encrypt; read the password from this file descriptor.")
@click.option(
    "--algorithm",
    type=click.Choice([item.value for item in Algorithm]),
    default=Algorithm.ED25519.value,
    show_default=True,
    help="Kind of key.",
)
def keygen(call: Call, name: str, out: Path, *, encrypt: bool, password_fd: int | None, algorithm: str) -> int:
    """Make a key pair: NAME.key (PKCS#8, mode 0600) and NAME.pem; prints the fingerprint."""
    wanted = encrypt or password_fd is not None
    password = asker(password_fd, confirm=True)(f"password for {name}.key") if wanted else None
    fingerprint = write_key_pair(name, out, password, Algorithm(algorithm))
    files = {"private": str(out / f"{name}.key"), "public": str(out / f"{name}.pem")}
    text = f"{fingerprint}\nprivate key  {files['private']}  (keep it secret)\npublic key   {files['public']}"
    call.render.result({"keyid": fingerprint, **files}, text)
    return 0


@verb()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Private key, as keygen writes it.",
)
@click.option("--signer", "uris", multiple=True, metavar="URI", help="Key in a KMS or HSM (extra kms); needs --public.")
@click.option(
    "--public",
    "publics",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="KEY.pem",
    help="Public key of each --signer.",
)
@click.option(
    "--sequence",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of the release, which only goes up (default: the last one's, plus one if anything changed).",
)
@click.option(
    "--dist-version",
    metavar="VERSION",
    help="The distribution's version, when the build computes it ([project] dynamic).",
)
@click.option(
    "--password-fd", type=int, metavar="FD", help="Read passwords and PINs from this file descriptor, a line each."
)
@click.argument("more", nargs=-1, type=click.Path(path_type=Path), metavar="")
def sign(
    call: Call,
    directory: Path,
    keys: tuple[Path, ...],
    more: tuple[Path, ...],
    uris: tuple[str, ...],
    publics: tuple[Path, ...],
    sequence: int | None,
    dist_version: str | None,
    password_fd: int | None,
) -> int:
    """Sign the pack project DIR: show what changed since the last signature, then write pack.dsse.json.

    Signing again with another key adds its signature to the one that is there.
    """
    if more and not keys:
        message = f"what is {more[0]}? name private keys with --key"
        raise click.UsageError(message)
    keys += more  # --key a.key b.key
    if not keys and not uris:
        message = "name a private key with --key, or a KMS key with --signer"
        raise click.UsageError(message)
    if len(uris) != len(publics):
        message = "each --signer needs its --public, the file of its public key"
        raise click.UsageError(message)
    draft = Draft.of(directory, sequence=sequence, dist_version=dist_version)
    for line in _announcement(draft):
        call.render.note(line)
    ask = asker(password_fd)
    signers = [read_signer(key, lambda path: ask(f"password for {path}")) for key in keys]
    devices = [read_device(uri, public, ask) for uri, public in zip(uris, publics, strict=True)]
    signed = draft.sign([*signers, *devices])
    call.render.result(_shape(signed), _text(signed))
    return 0


def _announcement(draft: Draft) -> list[str]:
    """Say what is about to be signed, before a key is touched."""
    manifest, before = draft.manifest, draft.previous
    since = "for the first time" if before is None else f"last signed as sequence {before.sequence}"
    changes = [f"  {line}" for line in draft.changes] or ["  nothing changed since the last signature"]
    return [f"about to sign {manifest.pack}, sequence {manifest.sequence}, {since}; what changes:", *changes]


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
    return "\n".join([head, *keys, f"wrote {signed.envelope}"])
