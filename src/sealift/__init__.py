"""sealift: data migrations from signed packs, verified before they run and run in a locked process.

The public names are loaded when they are first used (PEP 562), so that
``from sealift import Migration`` costs a pack author nothing.
"""

from importlib import import_module

TYPE_CHECKING = False
"""As in ``typing``, which would cost every command and every author's test 8 ms; type checkers know the name."""
if TYPE_CHECKING:
    from typing import Any

    from sealift.errors import SealiftError
    from sealift.manager import MigrationManager
    from sealift.model.events import MigrationEvent
    from sealift.model.history import MigrationHistory
    from sealift.model.migration import Migration, MigrationInfo
    from sealift.model.plan import Plan

__version__ = "0.1.0"

__all__ = [
    "Migration",
    "MigrationEvent",
    "MigrationHistory",
    "MigrationInfo",
    "MigrationManager",
    "Plan",
    "SealiftError",
    "__version__",
]

_HOMES = {
    "Migration": "sealift.model.migration",
    "MigrationEvent": "sealift.model.events",
    "MigrationHistory": "sealift.model.history",
    "MigrationInfo": "sealift.model.migration",
    "MigrationManager": "sealift.manager",
    "Plan": "sealift.model.plan",
    "SealiftError": "sealift.errors",
}


def __getattr__(name: str) -> "Any":
    """Load a public name from the module it lives in."""
    try:
        home = _HOMES[name]
    except KeyError:
        message = f"module 'sealift' has no attribute {name!r}"
        raise AttributeError(message) from None
    return getattr(import_module(home), name)
