"""How times are written in messages."""

from datetime import UTC, datetime


def moment(when: datetime | None) -> str:
    """Return a time in UTC, to the second, as it is written in a policy; ``never`` for ``None``."""
    return "never" if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
