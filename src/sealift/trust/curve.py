"""Which Ed25519 points may be public keys: those of prime order.

OpenSSL loads every encoding, the small-order points included, and under those anyone can forge signatures. Points of
mixed order harm only their owner, and are refused as well, so that one key has one encoding and one meaning.
Arithmetic in extended twisted Edwards coordinates (RFC 8032 §5.1.4); public data only, so it need not be constant-time.
"""

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
_IDENTITY: _Point = (0, 1, 1, 0)


def order_problem(encoded: bytes) -> str | None:
    """Say why these 32 bytes cannot be trusted as an Ed25519 public key; ``None`` when the point is of prime order."""
    point = _decode(encoded)
    if point is None:
        return "the point is not on the curve, or not in its one canonical encoding"
    if _is_identity(_multiply(point, 8)):
        return "the point is of small order: anyone could sign for it"
    if not _is_identity(_multiply(point, _L)):
        return "the point is not of prime order"
    return None


def _decode(encoded: bytes) -> _Point | None:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    x = _root((y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P)
    if x is None or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _root(square: int) -> int | None:
    root = pow(square, (_P + 3) // 8, _P)
    if (root * root - square) % _P:
        root = root * _SQRT_MINUS_ONE % _P
    return None if (root * root - square) % _P else root


def _add(left: _Point, right: _Point) -> _Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % _P
    b = (left[1] + left[0]) * (right[1] + right[0]) % _P
    c = 2 * left[3] * right[3] * _D % _P
    d = 2 * left[2] * right[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(point: _Point, factor: int) -> _Point:
    result = _IDENTITY
    for bit in f"{factor:b}":
        result = _add(result, result)
        if bit == "1":
            result = _add(result, point)
    return result


def _is_identity(point: _Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0
