"""``datetime`` and ``zoneinfo``: calendars without a clock and without a local time zone."""

import datetime as dt
import importlib.util
import io
import os
import zoneinfo
from collections.abc import Iterator
from functools import cache

from sealift.worker.facades.facade import Offer, words

_MAGIC = b"TZif"
_LONGEST = 1 << 16
_NO_ZONES = frozenset({"posix", "right", "__pycache__"})
"""Folders of the same zones again, and of byte code."""


class ZoneData:
    """The compiled zones as bytes, read before the process is locked; a zone is built when it is first asked for."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def load(self) -> None:
        """Read every zone of the ``tzdata`` package, or else of the system (about 600 files, 350 KB, 5 ms)."""
        if not self._bytes:
            self._bytes.update(_zones())

    @cache  # noqa: B019  # one object a process, and equal zones must be the same object
    def zone(self, key: str) -> zoneinfo.ZoneInfo:
        """Return the zone; raises ZoneInfoNotFoundError, a KeyError, as the standard library does."""
        try:
            data = self._bytes[key]
        except KeyError:
            message = f"No time zone found with key {key}"
            raise zoneinfo.ZoneInfoNotFoundError(message) from None
        return zoneinfo.ZoneInfo.from_file(io.BytesIO(data), key=key)


def _zones() -> Iterator[tuple[str, bytes]]:
    root = _root()
    return _zones_below(root, "") if root else iter(())


def _zones_below(folder: str, before: str) -> Iterator[tuple[str, bytes]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NO_ZONES:
                    yield from _zones_below(entry.path, f"{before}{entry.name}/")
            elif entry.is_file() and (data := _read(entry.path)).startswith(_MAGIC):
                yield before + entry.name, data


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)  # open() costs three times as much
    try:
        return os.read(descriptor, _LONGEST)
    finally:
        os.close(descriptor)


def _root() -> str | None:
    package = importlib.util.find_spec("tzdata")  # the same data on every machine, where it is installed
    packaged = [f"{folder}/zoneinfo" for folder in (package.submodule_search_locations or ())] if package else []
    return next(filter(os.path.isdir, (*packaged, *zoneinfo.TZPATH)), None)


ZONES = ZoneData()


def ZoneInfo(key: str) -> zoneinfo.ZoneInfo:  # noqa: N802  # stands in for the class of this name
    """Return the IANA time zone of this name."""
    return ZONES.zone(key)


_CLOCK = "take the time from the document: a migration has no clock"
_DATETIME = words("date datetime time timedelta timezone UTC MINYEAR MAXYEAR")

OFFERS = (
    Offer(module="datetime", members={name: getattr(dt, name) for name in _DATETIME}),
    Offer(
        module="zoneinfo",
        members={"ZoneInfo": ZoneInfo, "ZoneInfoNotFoundError": zoneinfo.ZoneInfoNotFoundError},
        left_out={"available_timezones": "try ZoneInfo(key), except ZoneInfoNotFoundError"},
    ),
)

LEFT_OUT_ATTRIBUTES = {
    "now": _CLOCK,
    "today": _CLOCK,
    "utcnow": _CLOCK,
    "fromtimestamp": "datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc)",
    "utcfromtimestamp": "datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc)",
    "ctime": "isoformat() or strftime(…)",
    "timetuple": "the fields: value.year, value.month, …",
}
"""Attributes of these classes that are refused, and what to write instead."""
