"""Source text that a reviewer and the compiler read alike.

Verified bytes are decoded here, once, as strict UTF-8; the compiler gets this text and never the bytes, because bytes
may bring a coding cookie under which a comment becomes code (PEP 263).
"""

import ast
import io
import re
import tokenize
import unicodedata

from sealift.errors.trust_contents import SourceRejectedError

_COOKIE = re.compile(r"[ \t\f\ufeff]*#.*?coding[:=][ \t]*[-_.a-zA-Z0-9]+", re.ASCII)
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n"
_NAMED = {"\0": "a NUL", "\r": "a carriage return", "\f": "a form feed", "\ufeff": "a byte order mark"}
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def verify_source_text(path: str, content: bytes) -> str:
    """Return the source as text; raises SourceRejectedError with the line for anything that can be read in two ways."""
    text = _decode(path, content)
    _refuse_cookie(path, text)
    # Most sources are plain ASCII, and then one pass in C over the bytes is all there is to do.
    if content.translate(None, _PLAIN):
        _refuse_characters(path, text)
        _refuse_identifiers(path, text)
    return text


def _decode(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceRejectedError(file=path, line=line, problem="it is not UTF-8") from None


def _refuse_cookie(path: str, text: str) -> None:
    for line, row in enumerate(text.split("\n", 2)[:2], start=1):
        if _COOKIE.match(row):
            problem = "a coding cookie (sources are always UTF-8: delete the comment)"
            raise SourceRejectedError(file=path, line=line, problem=problem)


def _refuse_characters(path: str, text: str) -> None:
    for position, character in enumerate(text):
        if character not in "\t\n" and unicodedata.category(character) in _REFUSED_CATEGORIES:
            name = _NAMED.get(character) or f"the invisible character U+{ord(character):04X}"
            line = text.count("\n", 0, position) + 1
            raise SourceRejectedError(file=path, line=line, problem=f"{name} (write it as an escape)")


def _refuse_identifiers(path: str, text: str) -> None:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="\n").readline))
    except (tokenize.TokenError, SyntaxError) as error:
        line = error.args[1][0] if isinstance(error, tokenize.TokenError) else error.lineno or 1
        raise SourceRejectedError(file=path, line=line, problem=f"it is not Python: {error.args[0]}") from None
    for token in tokens:
        if not token.string.isascii() and not _is_text(token):
            problem = f"non-ASCII text outside strings and comments: {token.string[:40]!a}"
            raise SourceRejectedError(file=path, line=token.start[0], problem=problem)


def _is_text(token: tokenize.TokenInfo) -> bool:
    kind = tokenize.tok_name[token.type]
    if kind == "STRING":
        prefix = _prefix(token.string)
        # Before Python 3.12 a whole f-string is one token, with code in it.
        return "f" not in prefix.lower() or _has_ascii_code(token.string.removeprefix(prefix))
    return kind in {"COMMENT", "FSTRING_MIDDLE"}


def _prefix(literal: str) -> str:
    return literal[: min(literal.find(quote) for quote in "'\"" if quote in literal)]


def _has_ascii_code(literal: str) -> bool:
    """Say whether all non-ASCII characters of an f-string are in its texts, none in the code between its braces.

    Read as a raw literal no text gains such characters by escapes, so that counting them is enough; only ``{name=}``
    copies code into text, and is refused.
    """
    if re.search(r"=\s*[!:}]", literal):
        return False
    try:
        tree = ast.parse(f"rf{literal}", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return sum(map(_foreign, texts)) == _foreign(literal)


def _foreign(text: str) -> int:
    return sum(not character.isascii() for character in text)
