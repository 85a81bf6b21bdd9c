"""What is refused before a source is parsed: characters that make it mean something else than it shows."""

import io
import re
import tokenize
from collections.abc import Iterator

from sealift.worker.findings import Code, Finding

SOURCE_BYTES = 1024 * 1024
"""The largest source file."""

_COOKIE = re.compile(r"^[ \t]*#.*?coding[:=][ \t]*[-\w.]+")
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_NAMES = {
    "\ufeff": "a byte order mark",
    "\r": "a carriage return",
    "\f": "a form feed",
    "\0": "a NUL character",
    "\u2028": "a line separator",
    "\u2029": "a paragraph separator",
    **dict.fromkeys(_BIDI, "a character that changes the direction of the text"),
}
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff" + _BIDI + "]")
_INSTEAD = {"\r": "save the file with LF line ends", "\ufeff": "save the file as UTF-8 without a byte order mark"}


def check_text(path: str, text: str) -> list[Finding]:
    """Return what is wrong with the characters of a source."""
    if len(text) > SOURCE_BYTES or len(text.encode("utf-8", "surrogatepass")) > SOURCE_BYTES:
        message = f"the file is larger than {SOURCE_BYTES} bytes"
        return [Finding(path=path, line=0, column=0, code=Code.TOO_COMPLEX, message=message, instead="several files")]
    return [*_characters(path, text), *_cookies(path, text)]


def _characters(path: str, text: str) -> Iterator[Finding]:
    for found in _FORBIDDEN.finditer(text):
        character = found[0]
        line = text.count("\n", 0, found.start()) + 1
        name = _NAMES.get(character, "a control character")
        yield Finding(
            path=path,
            line=line,
            column=found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1,
            code=Code.TEXT,
            message=f"{name} (U+{ord(character):04X})",
            instead=_INSTEAD.get(character, f"the escape \\u{ord(character):04x} in a string"),
        )
        if line > 1 and character == "\r":
            return  # one finding for a file with foreign line ends, not one a line


def _cookies(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.split("\n", 2)[:2], start=1):
        if _COOKIE.match(line):
            message = "an encoding declaration: sources are UTF-8"
            yield Finding(path=path, line=number, column=1, code=Code.TEXT, message=message, instead="leave it out")


def check_identifiers(path: str, text: str) -> list[Finding]:
    """Return the identifiers that are not ASCII: Python would read ``ﬁ`` as ``fi``. The text must be valid Python."""
    findings: list[Finding] = []
    if text.isascii():
        return findings
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and not token.string.isascii():
            message = f"the identifier {token.string!r} is not ASCII"
            line, column = token.start
            finding = Finding(
                path=path, line=line, column=column + 1, code=Code.TEXT, message=message, instead="ASCII letters"
            )
            findings.append(finding)
    return findings
