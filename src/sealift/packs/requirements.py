"""Versions and requirements as authors write them: refused with a sentence, never repaired in silence."""

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from sealift.model.names import is_pack_name

_OPERATORS = "<>=!~"


def version_problem(text: object) -> str | None:
    """Say what is expected instead of this version; ``None`` when it is a PEP 440 version in its normal form."""
    try:
        normal = str(Version(text)) if isinstance(text, str) else None
    except InvalidVersion:
        normal = None
    if normal is None:
        return "a PEP 440 version such as '1.1.0'"
    return None if normal == text else f"the normal form {normal!r}"


def requirement_problem(text: object, *, own: str = "") -> str | None:
    """Say what is expected instead of this requirement on another pack than ``own``; ``None`` when it is one."""
    if not isinstance(text, str) or not text.isascii():
        return "a requirement such as 'acme.core>=2.0,<3'"
    name = text[: min((text.find(sign) for sign in _OPERATORS if sign in text), default=len(text))]
    if not is_pack_name(name.strip(" ")) or name.startswith(" "):
        return "a pack's name followed by a range, such as 'acme.core>=2.0,<3'"
    if name.strip(" ") == own:
        return "a requirement on another pack"
    try:
        SpecifierSet(text[len(name) :])
    except InvalidSpecifier:
        return "a PEP 440 range after the name, such as 'acme.core>=2.0,<3'"
    return None


def normal_requirement(text: str) -> str:
    """Return a sound requirement without needless blanks, its range in the written order."""
    return "".join(text.split())


def merged(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return all requirements of all groups, each once, in order of their first appearance."""
    return tuple(dict.fromkeys(normal_requirement(one) for group in groups for one in group))
