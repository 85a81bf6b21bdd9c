"""How the members of a pack's classes are called inside.

``self.total`` may be read because the class declares ``total``, not because ``total`` is harmless on every object.
The compiler therefore renames members to names that no Python source can spell and no real object has, so that it
does not matter what ``self`` is.
"""

_MARK = "@"

METHODS = frozenset(
    {"upgrade", "downgrade", "validate"}
    | {f"{when}_{what}" for when in ("pre", "post") for what in ("upgrade", "downgrade", "validate")}
)
"""The methods that the host calls."""


def member(name: str) -> str:
    """Return the inner name of a class member."""
    return _MARK + name


def spelled(name: str) -> str:
    """Return the name as the author wrote it."""
    return name.removeprefix(_MARK)
