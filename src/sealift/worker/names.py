"""The names and attributes of the language: what is there, and what to write in place of what is not."""

from types import MappingProxyType

from sealift.worker.facades.dates import LEFT_OUT_ATTRIBUTES as _DATE_ATTRIBUTES
from sealift.worker.facades.facade import stand_in, words
from sealift.worker.stable_sets import FROZENSET_METHODS, SET_METHODS, make_frozenset, make_set

_BUILTINS = (
    # Raw C iteration is fine: no guard has to see an item, see the closure test.
    "abs all any bool bytes chr dict divmod enumerate filter float format frozenset int isinstance iter len list map "
    "max min next ord pow range repr reversed round set slice sorted str sum tuple zip "
    # exceptions
    "ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError NotImplementedError "
    "OverflowError RuntimeError StopIteration TypeError UnicodeDecodeError UnicodeEncodeError UnicodeError ValueError "
    "ZeroDivisionError"
)
BUILTIN_NAMES = frozenset(words(_BUILTINS))
"""The builtins that are offered."""

_OF_SETS = words("copy difference intersection isdisjoint issubset issuperset")
_OF_CHANGING_SETS = words("clear difference_update discard intersection_update pop remove")

STAND_INS = MappingProxyType(
    {
        "list": stand_in(list),
        "dict": stand_in(dict, fromkeys=dict.fromkeys),
        "set": stand_in(
            set, make_set, **SET_METHODS, **{name: getattr(set, name) for name in (*_OF_SETS, *_OF_CHANGING_SETS)}
        ),
        "frozenset": stand_in(
            frozenset, make_frozenset, **FROZENSET_METHODS, **{name: getattr(frozenset, name) for name in _OF_SETS}
        ),
    }
)
"""Classes whose methods could change a constant, or a set unseen: as values, they are their stand-ins."""

CALLED = MappingProxyType({"list": list, "dict": dict, "set": make_set, "frozenset": make_frozenset})
"""What a stand-in is where it is called."""

CLASS_PATTERNS = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
"""Builtin classes that may stand in a ``case``."""

_NO_REFLECTION = "name the attribute or the key"
LEFT_OUT_NAMES = MappingProxyType(
    {
        "print": "raise ValueError(message) to refuse a document; there is no output",
        "open": "put the data into a module constant: a migration reads no files",
        "input": "nothing: a migration runs unattended",
        "type": "isinstance(value, str)",
        "object": "a string or a tuple as the marker",
        "super": "super().method(…), inside a method",
        "getattr": "document.get(key), or name the attribute",
        "setattr": "document[key] = value",
        "delattr": "del document[key]",
        "hasattr": "isinstance(value, …), or key in document",
        "vars": _NO_REFLECTION,
        "dir": _NO_REFLECTION,
        "globals": _NO_REFLECTION,
        "locals": _NO_REFLECTION,
        "id": "value is other",
        "hash": "hashlib.sha256(text.encode()).hexdigest(): hash() differs from run to run",
        "callable": "isinstance(value, …)",
        "eval": "json.loads(text)",
        "exec": "a function",
        "compile": "re.compile(pattern), or a function",
        "breakpoint": "a test of the class with pytest",
        "memoryview": "bytes",
        "bytearray": "bytes, or a list of integers",
        "complex": "two floats",
        "property": "a method",
        "classmethod": "a function at module level",
        "staticmethod": "a function at module level",
        "issubclass": "isinstance(value, …)",
        "BaseException": "Exception",
        "SystemExit": "raise ValueError(message)",
        "KeyboardInterrupt": "Exception",
        "GeneratorExit": "Exception",
        "MemoryError": "nothing: a document that needs too much memory fails",
        "RecursionError": "nothing: a document that is nested too deeply fails",
        "OSError": "Exception",
        "ascii": "repr(value)",
        "bin": "format(value, 'b')",
        "hex": "format(value, 'x')",
        "oct": "format(value, 'o')",
        "aiter": "iter(…)",
        "anext": "next(…)",
        "help": "nothing",
        "exit": "raise ValueError(message)",
        "quit": "raise ValueError(message)",
        "NotImplemented": "raise NotImplementedError",
    }
)
"""Builtins that are not offered, and what to write instead."""

_ATTRIBUTES = (
    # str and bytes
    "capitalize casefold center count decode encode endswith expandtabs find fromhex hex index isalnum isalpha isascii "
    "isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip "
    "maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split "
    "splitlines startswith strip swapcase title translate upper zfill "
    # int, float, range, slice
    "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag indices is_integer numerator real "
    "start step stop to_bytes "
    # list, dict, set
    "add append clear copy difference difference_update discard extend fromkeys get insert intersection "
    "intersection_update isdisjoint issubset issuperset items keys pop popitem remove reverse setdefault sort "
    "symmetric_difference symmetric_difference_update union update values "
    # collections and itertools
    "appendleft default_factory elements extendleft from_iterable maxlen most_common move_to_end popleft rotate "
    "subtract total "
    # exceptions
    "args colno lineno msg pos reason "
    # datetime and zoneinfo
    "astimezone combine date day days dst fold fromisocalendar fromisoformat fromordinal hour isocalendar isoformat "
    "isoweekday key max microsecond microseconds min minute month resolution second seconds strftime strptime time "
    "timestamp timetz toordinal total_seconds tzinfo tzname utc utcoffset week weekday year "
    # decimal
    "adjusted as_tuple compare compare_signal compare_total copy_abs copy_negate copy_sign digits exp exponent fma "
    "from_float is_finite is_infinite is_nan is_normal is_signed is_subnormal is_zero ln log10 logb max_mag min_mag "
    "next_minus next_plus normalize number_class quantize remainder_near same_quantum scaleb sign sqrt to_eng_string "
    "to_integral to_integral_exact to_integral_value "
    # re
    "end endpos expand findall finditer flags fullmatch group groupdict groupindex groups lastgroup lastindex match "
    "pattern re search span string sub subn "
    # hashlib and uuid
    "block_size bytes bytes_le clock_seq digest digest_size fields hexdigest int node time_hi_version time_low "
    "time_mid urn variant version"
)
ATTRIBUTES = frozenset(words(_ATTRIBUTES))
"""Every attribute that may be read from any value. The closure test follows all of them from all values."""

LEFT_OUT_ATTRIBUTES = MappingProxyType(
    {
        **_DATE_ATTRIBUTES,
        "format": "an f-string: str.format reads attributes that cannot be checked",
        "format_map": "an f-string: str.format_map reads attributes that cannot be checked",
        "send": "next(generator)",
        "throw": "raise inside the function",
        "close": "return inside the generator",
        "add_note": "put the note into the message",
        "with_traceback": "raise … from error",
        "name": "document['name'] for a member of a document",
        "value": "document['value'] for a member of a document",
        "mro": "isinstance(value, …)",
        "__class__": "isinstance(value, …)",
        "__dict__": "the members by name",
        "__name__": "the name as a text",
        "__doc__": "the text as a constant",
        "__len__": "len(value)",
        "__getitem__": "value[key]",
        "__contains__": "key in value",
        "__init__": "class attributes",
    }
)
"""Attributes that authors reach for, and what to write instead."""
