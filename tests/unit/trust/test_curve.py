import pytest

from sealift.trust import curve
from sealift.trust.curve import order_problem

P = 2**255 - 19


def encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (encoded(1), "small order"),
        (encoded(P - 1), "small order"),
        (encoded(0), "small order"),
        (encoded(0, 1), "small order"),
        (encoded(1, 1), "canonical"),  # x is 0 and says it is odd
        (encoded(P - 1, 1), "canonical"),
        (encoded(P), "canonical"),  # 0, spelt otherwise
        (encoded(P + 1), "canonical"),  # 1, spelt otherwise
        (encoded(2**255 - 1), "canonical"),
        (encoded(2), "not on the curve"),
    ],
)
def test_points_that_cannot_be_keys(point: bytes, words: str) -> None:
    assert words in (order_problem(point) or "")


def test_the_base_point_can() -> None:
    assert order_problem(encoded(4 * pow(5, -1, P) % P)) is None


def test_multiples_of_the_base_point_can_unless_a_point_of_order_two_is_added() -> None:
    base = curve._decode(encoded(4 * pow(5, -1, P) % P))
    for factor in (2, 3, 8, 12345):
        for twist, problem in (((0, 1, 1, 0), None), ((0, P - 1, 1, 0), "the point is not of prime order")):
            x, y, z, _ = curve._add(curve._multiply(base, factor), twist)
            scale = pow(z, -1, P)
            assert order_problem(encoded(y * scale % P, x * scale % P & 1)) == problem
