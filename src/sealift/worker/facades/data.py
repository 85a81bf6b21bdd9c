"""``json``, ``copy``, ``collections`` and ``itertools``."""

import collections
import copy
import itertools
import json
from collections.abc import Callable
from typing import Any, Never

from sealift.worker.facades.facade import Offer, stand_in, words

_Hook = Callable[..., Any] | None


def _refuse_constant(name: str) -> Never:
    message = f"{name} is not JSON"
    raise ValueError(message)


def loads(
    text: str | bytes,
    *,
    object_hook: _Hook = None,
    object_pairs_hook: _Hook = None,
    parse_float: _Hook = None,
    parse_int: _Hook = None,
) -> Any:
    """Read JSON as ``json.loads`` does, and refuse NaN and Infinity."""
    return json.loads(
        text,
        object_hook=object_hook,
        object_pairs_hook=object_pairs_hook,
        parse_float=parse_float,
        parse_int=parse_int,
        parse_constant=_refuse_constant,
    )


def dumps(  # noqa: PLR0913  # the arguments of json.dumps that are offered
    value: Any,
    *,
    skipkeys: bool = False,
    ensure_ascii: bool = True,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    default: _Hook = None,
    sort_keys: bool = False,
) -> str:
    """Write JSON as ``json.dumps`` does, and refuse NaN and Infinity."""
    return json.dumps(
        value,
        skipkeys=skipkeys,
        ensure_ascii=ensure_ascii,
        allow_nan=False,
        indent=indent,
        separators=separators,
        default=default,
        sort_keys=sort_keys,
    )


def deepcopy(value: Any) -> Any:
    """Copy as ``copy.deepcopy`` does; a module constant becomes plain lists and dicts."""
    return copy.deepcopy(value)


def shallow(value: Any) -> Any:
    """Copy as ``copy.copy`` does; a module constant becomes a plain list or dict."""
    return copy.copy(value)


COUNTER = stand_in(collections.Counter)
DEFAULTDICT = stand_in(collections.defaultdict)
ORDERED_DICT = stand_in(collections.OrderedDict, fromkeys=collections.OrderedDict.fromkeys)
DEQUE = stand_in(collections.deque)

_ITERTOOLS = words(
    "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse groupby "
    "islice pairwise permutations product repeat starmap takewhile zip_longest"
)

OFFERS = (
    Offer(
        module="json",
        members={"loads": loads, "dumps": dumps, "JSONDecodeError": json.JSONDecodeError},
        left_out={"load": "json.loads(text)", "dump": "json.dumps(value)", "JSONEncoder": "json.dumps(default=…)"},
    ),
    Offer(module="copy", members={"copy": shallow, "deepcopy": deepcopy}),
    Offer(
        module="collections",
        members={"Counter": COUNTER, "defaultdict": DEFAULTDICT, "OrderedDict": ORDERED_DICT, "deque": DEQUE},
        left_out={"namedtuple": "a dict or a tuple", "ChainMap": "{**defaults, **values}"},
    ),
    Offer(
        module="itertools",
        members={name: getattr(itertools, name) for name in _ITERTOOLS},
        left_out={"tee": "list(…), then iterate it twice", "batched": "items[i:i + n] in a loop (new in Python 3.12)"},
    ),
)
