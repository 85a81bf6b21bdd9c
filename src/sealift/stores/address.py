"""Addresses of stores: which driver they name, and how they are shown without a password."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from sealift.errors.store import StoreUrlError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_.+-]*)://")
_PASSWORD = re.compile(r"(://[^/?#@]*?:)([^/?#]*)(@)")
_SECRET_PARAMETER = re.compile(r"([?&](?:password|passwd|pwd|sslpassword|token|secret)=)[^&]*", re.IGNORECASE)


def shown(url: str) -> str:
    """Return the address with its passwords hidden."""
    return _SECRET_PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1***\3", url))


def scheme_of(url: str) -> str:
    """Return the part before ``://``, in lower case; raises StoreUrlError when there is none."""
    match = _SCHEME.match(url)
    if match is None:
        raise StoreUrlError(url=shown(url), reason="it does not begin with the kind of database and ://")
    return match[1].lower()


def sqlite_path(url: str) -> str:
    """Return the file of a ``sqlite:///`` address, or ``:memory:``."""
    parts = urlsplit(url)
    if parts.netloc:
        raise StoreUrlError(url=url, reason=f"{parts.netloc!r} stands where a third / is expected")
    options = parse_qsl(parts.query, keep_blank_values=True)
    if options or parts.fragment:
        what = options[0][0] if options else parts.fragment
        raise StoreUrlError(url=url, reason=f"unknown option {what!r}; sqlite+pysqlite:/// takes SQLAlchemy's options")
    return unquote(parts.path[1:]) or ":memory:"
