"""``re``, ``string``, ``textwrap``, ``unicodedata`` and ``base64``."""

import base64
import re
import string
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from sealift.worker.facades.facade import Offer, words

Text = Any
"""``str`` or ``bytes``, as in ``re``."""
Pattern = Any
Replacement = str | bytes | Callable[[Any], Any]

# Plain numbers: the enum members would reach the enum's class, and are no JSON.
_FLAGS = {
    name: int(re.RegexFlag[name])
    for name in ("ASCII", "IGNORECASE", "MULTILINE", "DOTALL", "VERBOSE", "UNICODE")
}  # fmt: skip
_ALLOWED_FLAGS = sum(_FLAGS.values())
_SHORT_FLAGS = {"A": "ASCII", "I": "IGNORECASE", "M": "MULTILINE", "S": "DOTALL", "X": "VERBOSE", "U": "UNICODE"}


def _checked(flags: int) -> int:
    if flags & ~_ALLOWED_FLAGS:
        message = "only the flags ASCII, DOTALL, IGNORECASE, MULTILINE, UNICODE and VERBOSE are offered"
        raise ValueError(message)  # DEBUG writes to the standard output, LOCALE reads the locale
    return flags


def compile_pattern(pattern: Pattern, flags: int = 0) -> Any:
    """``re.compile``."""
    return re.compile(pattern, _checked(flags))


def match(pattern: Pattern, string: Text, flags: int = 0) -> Any:
    """``re.match``."""
    return re.match(pattern, string, _checked(flags))


def fullmatch(pattern: Pattern, string: Text, flags: int = 0) -> Any:
    """``re.fullmatch``."""
    return re.fullmatch(pattern, string, _checked(flags))


def search(pattern: Pattern, string: Text, flags: int = 0) -> Any:
    """``re.search``."""
    return re.search(pattern, string, _checked(flags))


def sub(pattern: Pattern, repl: Replacement, string: Text, count: int = 0, flags: int = 0) -> Any:
    """``re.sub``."""
    return re.sub(pattern, repl, string, count=count, flags=_checked(flags))


def subn(pattern: Pattern, repl: Replacement, string: Text, count: int = 0, flags: int = 0) -> Any:
    """``re.subn``."""
    return re.subn(pattern, repl, string, count=count, flags=_checked(flags))


def split(pattern: Pattern, string: Text, maxsplit: int = 0, flags: int = 0) -> list[Any]:
    """``re.split``."""
    return re.split(pattern, string, maxsplit=maxsplit, flags=_checked(flags))


def findall(pattern: Pattern, string: Text, flags: int = 0) -> list[Any]:
    """``re.findall``."""
    return re.findall(pattern, string, _checked(flags))


def finditer(pattern: Pattern, string: Text, flags: int = 0) -> Iterator[Any]:
    """``re.finditer``."""
    return re.finditer(pattern, string, _checked(flags))


_STRING = words(
    "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits printable punctuation whitespace capwords"
)
_UNICODE = words("bidirectional category combining decimal digit is_normalized lookup mirrored name normalize numeric")
_BASE64 = words(
    "b16decode b16encode b32decode b32encode b64decode b64encode b85decode b85encode standard_b64decode "
    "standard_b64encode urlsafe_b64decode urlsafe_b64encode"
)
_F_STRING = "an f-string"

OFFERS = (
    Offer(
        module="re",
        members={
            "compile": compile_pattern,
            "match": match,
            "fullmatch": fullmatch,
            "search": search,
            "sub": sub,
            "subn": subn,
            "split": split,
            "findall": findall,
            "finditer": finditer,
            "escape": re.escape,
            "error": re.error,
            "Pattern": re.Pattern,
            "Match": re.Match,
            **_FLAGS,
            **{short: _FLAGS[long] for short, long in _SHORT_FLAGS.items()},
        },
        left_out={
            "DEBUG": "nothing: it prints",
            "LOCALE": "str patterns: a migration has no locale",
            "L": "str patterns: a migration has no locale",
            "purge": "nothing: the cache makes no difference to results",
        },
    ),
    Offer(
        module="string",
        members={name: getattr(string, name) for name in _STRING},
        left_out={"Formatter": _F_STRING, "Template": _F_STRING},
    ),
    Offer(
        module="textwrap",
        members={name: getattr(textwrap, name) for name in ("dedent", "fill", "indent", "shorten", "wrap")},
        left_out={"TextWrapper": "textwrap.wrap(text, width, …)"},
    ),
    Offer(module="unicodedata", members={name: getattr(unicodedata, name) for name in _UNICODE}),
    Offer(module="base64", members={name: getattr(base64, name) for name in _BASE64}),
)
