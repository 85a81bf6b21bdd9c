"""The one setting that sizes randomised and long suites: ``SEALIFT_TEST_SIZE`` (1 in CI, larger by hand)."""

import os


def is_large() -> bool:
    """Say whether somebody asked for more than CI runs."""
    return float(os.environ.get("SEALIFT_TEST_SIZE", "1")) > 1


def scaled(amount: int) -> int:
    """Return the amount times the setting, at least 1."""
    return max(1, round(amount * float(os.environ.get("SEALIFT_TEST_SIZE", "1"))))
