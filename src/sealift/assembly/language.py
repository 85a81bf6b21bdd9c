"""The language check of every pack in a plan, before the first step: half a plan is not run to find a typing error."""

from collections.abc import Iterable

from sealift.errors.run import UnitRefusedError
from sealift.model.limits import Limits
from sealift.model.pack import VerifiedPack
from sealift.ports import Cage


def check_language(cage: Cage, packs: Iterable[VerifiedPack], limits: Limits) -> None:
    """Check the sources of every pack, in a locked worker; raises UnitRefusedError with all findings of the first."""
    for pack in packs:
        sources = {path: data.decode("utf-8") for path, data in pack.files.items() if path.endswith(".py")}
        findings = tuple(cage.check(sources, limits, pack.attested.digest))
        if findings:
            raise UnitRefusedError(pack=pack.manifest.pack, path=findings[0].path, findings=findings)
