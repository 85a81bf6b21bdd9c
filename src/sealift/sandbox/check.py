"""The language check of ``lint``: in the locked worker, because parsing hostile text is work for it too."""

from collections.abc import Mapping

from sealift.errors.run import Finding
from sealift.model.limits import Limits
from sealift.sandbox.cage import LockedCage


def check_sources(cage: LockedCage, sources: Mapping[str, str], *, limits: Limits | None = None) -> list[Finding]:
    """Return everything the language policy refuses in these sources (path to text), without running them.

    Raises WorkerError leaves; a source that ends the worker raises WorkerDiedError or WorkerTimeoutError.
    """
    return cage.check(sources, limits or Limits())
