"""Numbers that a binary float cannot hold, or would be spelled otherwise: they carry their text."""

from typing import Self

LONGEST_INTEGER = 4300
"""Digits up to which Python converts text to an integer by default, because the time grows with the square."""


class ExactFloat(float):
    """A float that remembers how it was written; arithmetic gives plain floats."""

    __slots__ = ("_text",)
    _text: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Make the number of a JSON text."""
        number = cls(text)
        number._text = text
        return number

    def exact_text(self) -> str:
        """Return the number as it was written."""
        return self._text


class PreciseFloat(ExactFloat):
    """A number with more digits than a float holds: its text has all of them, so ``Decimal(str(value))`` is exact."""

    __slots__ = ()

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__


def exact_number(text: str) -> float:
    """Return the number of a JSON text with a fraction or an exponent."""
    number = float(text)
    if repr(number) == text:
        return number
    return (ExactFloat if _holds(number, text) else PreciseFloat).of(text)


def whole_number(text: str) -> int | float:
    """Return the number of a JSON integer; ``-0`` and integers of thousands of digits are floats with a text."""
    if text == "-0" or len(text) > LONGEST_INTEGER:
        return (ExactFloat if text == "-0" else PreciseFloat).of(text)
    return int(text)


def _holds(number: float, text: str) -> bool:
    from decimal import Decimal

    return Decimal(repr(number)) == Decimal(text)
