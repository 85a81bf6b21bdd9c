"""``hashlib`` and ``uuid``: identities that follow from their input."""

import hashlib
import uuid
from typing import TYPE_CHECKING

from sealift.worker.facades.facade import Offer, words

if TYPE_CHECKING:
    from hashlib import _Hash  # the type has no public name

_DIGESTS = words("md5 sha1 sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s")


def new(name: str, data: bytes = b"", *, usedforsecurity: bool = True) -> "_Hash":
    """Return a hash object as ``hashlib.new`` does, of the offered kinds."""
    if name not in _DIGESTS:
        message = f"unsupported hash type {name}"
        raise ValueError(message)
    return hashlib.new(name, data, usedforsecurity=usedforsecurity)


_RANDOM = "uuid.uuid5(uuid.NAMESPACE_URL, document['id']): the same document must give the same result"

OFFERS = (
    Offer(
        module="hashlib",
        members={"new": new, **{name: getattr(hashlib, name) for name in _DIGESTS}},
        left_out=dict.fromkeys(("file_digest", "pbkdf2_hmac", "scrypt"), "hashlib.sha256(data).hexdigest()"),
    ),
    Offer(
        module="uuid",
        members={
            "UUID": uuid.UUID,
            "uuid3": uuid.uuid3,
            "uuid5": uuid.uuid5,
            "NAMESPACE_DNS": uuid.NAMESPACE_DNS,
            "NAMESPACE_URL": uuid.NAMESPACE_URL,
            "NAMESPACE_OID": uuid.NAMESPACE_OID,
            "NAMESPACE_X500": uuid.NAMESPACE_X500,
        },
        left_out=dict.fromkeys(("uuid1", "uuid4", "uuid6", "uuid7", "uuid8", "getnode"), _RANDOM),
    ),
)
