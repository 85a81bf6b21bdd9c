"""The names in a JSON text, with their places, which a parser forgets."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealift.packs.written_names import WrittenName

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]')
_REQUIRED = "required"


@dataclass(slots=True, kw_only=True)
class _Holder:
    """An object or list that is open."""

    sign: str
    way: tuple[str, ...]
    number: int
    last: str = ""
    """The member whose value comes next."""


def json_names(text: str) -> Iterator[WrittenName]:
    """Yield the names of members, and the texts of lists called ``required``, in a text that is sound JSON."""
    opened: list[_Holder] = []
    tokens = list(_TOKEN.finditer(text))
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    for at, token in enumerate(tokens):
        sign = token[0]
        if sign in "{[":
            way = (*opened[-1].way, opened[-1].last) if opened else ()
            opened.append(_Holder(sign=sign, way=tuple(filter(None, way)), number=at))
        elif sign in "}]":
            opened.pop()
        elif sign[0] == '"' and opened:
            is_name = at + 1 < len(tokens) and tokens[at + 1][0] == ":"
            if is_name:
                opened[-1].last = json.loads(sign)
            if is_name or (opened[-1].sign == "[" and opened[-1].way[-1:] == (_REQUIRED,)):
                yield _name(token, lines, opened[-1])


def _name(token: re.Match[str], lines: Sequence[int], holder: _Holder) -> WrittenName:
    line = bisect_right(lines, token.start())
    return WrittenName(
        name=json.loads(token[0]),
        escaped=token[0].isascii(),
        line=line,
        column=token.start() - lines[line - 1] + 1,
        way=holder.way,
        holder=holder.number,
    )
