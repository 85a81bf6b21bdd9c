"""Verbs before installation: verify, lock."""

from pathlib import Path

import click

from sealift.assembly.checking import Checked, verify_subjects
from sealift.cli import shapes
from sealift.cli.verb import Call, verb
from sealift.packs.wheels import lock_line, require_wheel


@verb()
@click.argument("subjects", nargs=-1, metavar="[PACK|WHEEL|DIR]...")
def verify(call: Call, subjects: tuple[str, ...]) -> int:
    """Check packs, wheels before they are installed, or project directories: signatures, trust and every byte.

    Without arguments every installed pack is checked. No store is needed and nothing is run.
    """
    with call.manager() as manager:
        inventory = manager.bare_inventory()
        checked = verify_subjects(inventory, subjects)
    text = "\n".join(_line(item) for item in checked) if checked else "no packs are installed"
    warnings = [
        *inventory.warnings(item.pack.attested for item in checked),
        *(warning for item in checked for warning in item.warnings),
    ]
    call.render.result({"packs": [_shape(item) for item in checked]}, text, warnings=warnings)
    return 0


def _line(item: Checked) -> str:
    attested = item.pack.attested
    manifest = attested.manifest
    signers = ", ".join(f"{signer.key_file} {shapes.short(signer.keyid)}" for signer in attested.signers)
    return (
        f"verified  {manifest.pack}  {manifest.distribution} {manifest.distribution_version}  sequence "
        f"{manifest.sequence}  {len(item.pack.files)} files  signed by {signers}  {shapes.short(attested.digest)}"
    )


def _shape(item: Checked) -> dict[str, object]:
    attested = item.pack.attested
    manifest = attested.manifest
    return {
        "subject": item.subject,
        "pack": manifest.pack,
        "distribution": manifest.distribution,
        "version": manifest.distribution_version,
        "sequence": manifest.sequence,
        "digest": attested.digest,
        "signers": [{"keyid": s.keyid, "file": s.key_file, "owner": s.owner} for s in attested.signers],
        "migrations": [migration.version for migration in manifest.migrations],
        "files": dict(manifest.files),
        "policy_version": attested.policy_version,
    }


@verb()
@click.argument("wheels", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="WHEEL...")
def lock(call: Call, wheels: tuple[Path, ...]) -> int:
    """Print name==version --hash=sha256:... of each wheel, for pip's hash-checking mode."""
    lines = [lock_line(require_wheel(wheel)) for wheel in wheels]
    call.render.result({"lines": lines}, "\n".join(lines))
    return 0
