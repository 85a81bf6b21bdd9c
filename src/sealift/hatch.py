"""The hatch build hook ``sealift`` (extra ``sealift[hatch]``): no release wheel leaves the house unsigned.

In the pack's ``pyproject.toml``::

    [build-system]
    requires = ["hatchling>=1.26", "sealift[hatch]"]
    build-backend = "hatchling.build"

    [tool.hatch.build.targets.wheel.hooks.sealift]

It compares the envelope with the files that are about to be packed; it has no trusted keys and verifies no signature,
which is what ``sealift verify dist/*.whl`` is for. Nothing of the pack is run.
"""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from sealift.assembly.signing import Draft
from sealift.errors.base import SealiftError
from sealift.errors.pack_lint import UnsignedReleaseError

ALLOW = "SEALIFT_ALLOW_UNSIGNED_BUILD"
"""Set to 1, the variable lets a wheel for tests be built from a pack that is not signed."""

_SHOWN = 5


class SealiftBuildHook(BuildHookInterface[Any]):
    """Refuses to build a wheel from a pack that is unsigned, or was changed after it was signed."""

    PLUGIN_NAME = "sealift"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Look at the pack before a wheel is built; editable installs and source distributions are left alone."""
        del build_data
        if self.target_name != "wheel" or version == "editable":
            return
        try:
            check_release(Path(self.root), dist_version=self.metadata.version)
        except UnsignedReleaseError as error:
            if os.environ.get(ALLOW) != "1":
                self.app.abort(f"{error.code} {error.message()}\n  to fix  {error.hint()}")
            self.app.display_warning(f"{error.message()}; built all the same because of {ALLOW}: not for release")
        except SealiftError as error:
            self.app.abort(f"{error.code} {error.message()}\n  to fix  {error.hint()}")


def check_release(directory: Path, *, dist_version: str) -> None:
    """Raise UnsignedReleaseError unless the envelope lists exactly the files, version and name that are there now.

    Raises ProjectInvalidError for a project with errors, which no signature makes good.
    """
    draft = Draft.of(directory, dist_version=dist_version)
    if draft.previous is None:
        what = "there is no pack.dsse.json" if draft.project.envelope is None else "pack.dsse.json cannot be read"
        raise UnsignedReleaseError(directory=str(directory), problem=f"the pack is not signed ({what})")
    if draft.manifest != draft.previous:
        # The number that the next signature would have is no change that somebody made.
        changes = [line for line in draft.changes if not line.startswith("sequence ")]
        problem = f"it was changed after it was signed ({', '.join(changes[:_SHOWN])})"
        raise UnsignedReleaseError(directory=str(directory), problem=problem)


@hookimpl
def hatch_register_build_hook() -> type[SealiftBuildHook]:
    """Make the hook known to hatchling (entry point group ``hatch``)."""
    return SealiftBuildHook
