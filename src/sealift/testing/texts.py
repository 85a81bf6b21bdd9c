"""Texts that satisfy a schema: by pattern, by format, or of the kind that people and machines write."""

import re
from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from hypothesis import provisional
from hypothesis import strategies as st

from sealift.testing.conjunction import Conjunction, ContradictionError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_COMMON = st.text(alphabet="abcXYZ 019.,;:-_/@'\"\nÄßé")
"""Blanks, separators and quotes side by side: what splitting and joining go wrong on."""
_UTC = st.datetimes(timezones=st.just(UTC))

FORMATS: Mapping[str, "SearchStrategy[str]"] = {
    "date": st.dates().map(lambda day: day.isoformat()),
    "time": _UTC.map(lambda moment: moment.timetz().isoformat()),
    "date-time": _UTC.map(lambda moment: moment.isoformat()),
    "email": st.emails(),
    "hostname": provisional.domains(),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "uri": provisional.urls(),
    "uuid": st.uuids().map(str),
}
"""A format is no more than an annotation, but documents that have none of it are not what authors write code for."""


def text_for(wanted: Conjunction) -> "SearchStrategy[str]":
    """Return a strategy for texts with these lengths, patterns and formats."""
    low, high = int(wanted.most("minLength", 0)), wanted.least("maxLength", None)
    if high is not None and low > high:
        raise ContradictionError
    patterns, formats = wanted.all("pattern"), [name for name in wanted.all("format") if name in FORMATS]
    if patterns:
        return _by_pattern(str(patterns[0]), low, high)
    if formats:
        return FORMATS[formats[0]]
    return _sized(low, None if high is None else int(high))


@lru_cache(maxsize=256)
def _sized(low: int, high: int | None) -> "SearchStrategy[str]":
    plain = st.text(min_size=low, max_size=high)
    common = _COMMON.filter(lambda text: low <= len(text) and (high is None or len(text) <= high))
    return plain if low > 5 or (high is not None and high < 1) else common | plain  # noqa: PLR2004 - rarely so long


@lru_cache(maxsize=256)  # by what the strategy is made of; making one for a pattern takes longer than drawing from it
def _by_pattern(pattern: str, low: int, high: int | None) -> "SearchStrategy[str]":
    try:
        re.compile(pattern)
    except re.error:
        # Patterns are those of Rust; the few that Python cannot read leave the search to the examples.
        return st.nothing()
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        pattern = pattern[:-1] + r"\Z"  # in Python alone `$` also matches before a line end
    made = st.from_regex(pattern)
    return made.filter(lambda text: low <= len(text) and (high is None or len(text) <= high))
