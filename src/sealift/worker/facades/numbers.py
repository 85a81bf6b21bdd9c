"""``decimal`` and ``math``."""

import decimal
import math

from sealift.worker.facades.facade import Offer, words

_DECIMAL = words(
    "Decimal DecimalException InvalidOperation DivisionByZero Inexact Overflow Rounded Underflow "
    "ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP ROUND_05UP"
)
_MATH = words(
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs "
    "floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p "
    "log2 modf nan nextafter pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp"
)

_CONTEXT = "value.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP): the context would be shared by all documents"
_BOMB = "a loop over the few values needed: the result of a large argument fills the memory"

OFFERS = (
    Offer(
        module="decimal",
        members={name: getattr(decimal, name) for name in _DECIMAL},
        left_out=dict.fromkeys(
            (
                "getcontext",
                "setcontext",
                "localcontext",
                "Context",
                "DefaultContext",
                "BasicContext",
                "ExtendedContext",
            ),
            _CONTEXT,
        ),
    ),
    Offer(
        module="math",
        members={name: getattr(math, name) for name in _MATH},
        left_out=dict.fromkeys(("factorial", "comb", "perm"), _BOMB),
    ),
)
