import pytest

from sealift.errors.trust_contents import SourceRejectedError
from sealift.trust.source import verify_source_text

HONEST = [
    "",
    "x = 1\n",
    "\tx = '\u00e9t\u00e9'  # \u65e5\u672c\n",
    "def f(d):\n    '''Gr\u00fc\u00dfe \U0001f600'''\n    return d['stra\u00dfe']\n",
    "x = f'\u00e9 {y} \u00fc {z!r:>10}'\n",
    "x = f'''{y}\n\u00e9'''\n",
    "x = f'{d[\"\u00e9\"]}'\n",
    "x = rf'\\{y} \u00e9'\n",
    "# this is the encoding of the future\nx = 1\n",
    "x = 1\ny = 2\n# coding: utf-8 is only a cookie in the first two lines\n",
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_sources_come_back_as_text(text: str) -> None:
    assert verify_source_text("migrations/a.py", text.encode()) == text


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"x = 1\ny = '\xff'\n", 2, "not UTF-8"),
        ("\ufeffx = 1\n".encode(), 1, "byte order mark"),
        (b"x = 1\n\ny = 2\r\n", 3, "carriage return"),
        (b"x = 1\n\fy = 2\n", 2, "form feed"),
        (b"x = 1\n#\0\n", 2, "NUL"),
        (b"# vim: set fileencoding=latin-1 :\n", 1, "coding cookie"),
        (b"\n# -*- coding: utf-8 -*-\n", 2, "coding cookie"),
        (b"\x1b[2K = 1\n", 1, r"U\+001B"),
        ("x = '\u2066'\n".encode(), 1, r"U\+2066"),
        ("x = '\u00ad'\n".encode(), 1, r"U\+00AD"),
        ("x = '\ue000'\n".encode(), 1, r"U\+E000"),
        ("x = 1\n\u0445 = 2\n".encode(), 2, "outside strings and comments"),
        ("x = 1 \u2212 2\n".encode(), 1, "outside strings and comments|not Python"),
        ("x = f'{\u0445}'\n".encode(), 1, "outside strings and comments"),
        ("x = f'{ {1: 2}[\u0445] }'\n".encode(), 1, "outside strings and comments"),
        ("x = f'{{1:2}}{\uff45val}'\n".encode(), 1, "outside strings and comments"),
        ("x = f'{\uff45val=}'\n".encode(), 1, "outside strings and comments"),
        ("x = rf'\u00e9{\uff45val}'\n".encode(), 1, "outside strings and comments"),
        ("x = (\n'\u00e9'\n".encode(), 1, "not Python"),
    ],
)
def test_ambiguous_sources_are_refused_with_their_line(content: bytes, line: int, words: str) -> None:
    with pytest.raises(SourceRejectedError, match=words) as refusal:
        verify_source_text("migrations/a.py", content)
    assert refusal.value.file == "migrations/a.py"
    if "not Python" not in refusal.value.problem:
        assert refusal.value.line == line
