"""The host's side of the cage: starts locked workers, checks them from outside, and bounds what they say."""

from sealift.sandbox.cage import LockedCage, measure_isolation, open_cage
from sealift.sandbox.check import check_sources
from sealift.sandbox.forkserver import Launch
from sealift.sandbox.isolate import repeat_singly

__all__ = ["Launch", "LockedCage", "check_sources", "measure_isolation", "open_cage", "repeat_singly"]
