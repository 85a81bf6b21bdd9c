"""Names, data versions and targets."""

import re
from dataclasses import dataclass
from typing import Self

from packaging.version import InvalidVersion, Version

BASE = "base"

# Lower-case ASCII segments joined by dots: safe in file names, TOML keys and entry points alike.
_PACK_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*", re.ASCII)
_NAME_LIMIT = 100


def is_pack_name(text: str) -> bool:
    """Say whether the text is a pack's name, such as ``acme.orders``."""
    return len(text) <= _NAME_LIMIT and _PACK_NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A pack and where to take it: ``version`` is ``None`` (newest), ``base``, a PEP 440 version, or ``+N``/``-N``."""

    pack: str
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``acme.orders[@VERSION]``; raises ValueError with a sentence when it is none."""
        pack, at, version = text.partition("@")
        if not is_pack_name(pack):
            message = f"{pack!r} is no pack name (lower-case letters, digits, _ and dots)"
            raise ValueError(message)
        if at and not _is_target_version(version):
            message = f"{version!r} is neither a version, 'base', '+N' nor '-N'"
            raise ValueError(message)
        return cls(pack=pack, version=version if at else None)

    @property
    def steps(self) -> int | None:
        """The signed number of steps of a relative target, else ``None``."""
        return int(self.version) if self.version is not None and self.version[:1] in "+-" else None

    def __str__(self) -> str:
        return self.pack if self.version is None else f"{self.pack}@{self.version}"


def _is_target_version(text: str) -> bool:
    if text == BASE or re.fullmatch(r"[+-][1-9][0-9]{0,5}", text):
        return True
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
