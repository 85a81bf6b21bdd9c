"""What allowed names lead to: nothing that reaches further, and nothing shared that can change."""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import builtins
import copy
import io
import sys
import types

import pytest

from language_closure import golden_path, golden_text, reachable
from sealift.worker.facades import FACADES, OFFERS
from sealift.worker.facades.facade import Facade
from sealift.worker.frozen import FrozenDict, FrozenList, freeze
from sealift.worker.names import ATTRIBUTES, BUILTIN_NAMES, LEFT_OUT_ATTRIBUTES, LEFT_OUT_NAMES, STAND_INS

FORBIDDEN_TYPES = (
    types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, types.CoroutineType, io.IOBase, type(sys.flags),
    memoryview, bytearray,
)  # fmt: skip
FORBIDDEN = [
    getattr(builtins, name)
    for name in [
        "__import__",
        "__build_class__",
        "type",
        "object",
        "super",
        "getattr",
        "setattr",
        "delattr",
        "hasattr",
        "vars",
        "dir",
        "globals",
        "locals",
        "id",
        "hash",
        "eval",
        "exec",
        "compile",
        "open",
        "input",
        "memoryview",
        "bytearray",
        "property",
        "classmethod",
        "staticmethod",
        "print",
        "breakpoint",
        "BaseException",
        "SystemExit",
        "KeyboardInterrupt",
    ]
] + [list, dict, set, frozenset, Facade, FrozenList, FrozenDict]


@pytest.fixture(scope="module")
def closure():
    return reachable()


def test_nothing_forbidden_is_within_reach(closure):
    wrong = [
        path for path, value in closure
        if isinstance(value, FORBIDDEN_TYPES) or any(value is forbidden for forbidden in FORBIDDEN)
    ]  # fmt: skip
    assert wrong == []


def test_the_closure_is_the_one_that_was_reviewed(closure):
    assert len(closure) > 500
    assert golden_text() == golden_path().read_text()


def test_a_module_among_the_facades_would_be_found():
    """The test's own guard: with a module in reach it fails."""
    import json

    FACADES["json"].codecs = json.codecs
    try:
        with pytest.raises(AssertionError):
            test_nothing_forbidden_is_within_reach(reachable())
    finally:
        del FACADES["json"].codecs


def test_no_callable_within_reach_changes_a_constant(closure):
    constant = freeze({"list": [3, 1, 2], "dict": {"a": [1], "b": 2}})
    before = copy.deepcopy(constant)
    numbers, names = constant["list"], constant["dict"]
    attempts = [
        *((numbers, *rest) for rest in ((), (1,), ([1],), (0, 1), (slice(None), []), (-1,))),
        *((names, *rest) for rest in ((), ("a",), ("a", 1), ({"c": 1},), ([("c", 1)],))),
        (numbers[:0].append, numbers), (str, names), (lambda *_: 1, numbers),
    ]  # fmt: skip
    called = 0
    for _, function in closure:
        if not callable(function):
            continue
        for arguments in attempts:
            try:
                function(*arguments)
                called += 1
            except Exception:  # noqa: BLE001 - whatever it raises, it changed nothing
                continue
            assert constant == before, function
    assert called > 200


def test_methods_of_the_real_classes_would_change_a_constant():
    """Why the stand-ins are there."""
    constant = freeze([1])
    list.append(constant, 2)
    assert constant == [1, 2]


def test_nothing_shared_can_be_changed():
    """A mutable object in reach of the facades would carry state from one document to the next."""
    waiting = [(module, FACADES[module]) for module in OFFERS] + [
        ("builtins", getattr(builtins, name)) for name in BUILTIN_NAMES - set(STAND_INS)
    ]
    seen = set()
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        assert type(value) not in {list, dict, set, bytearray}, path
        names = vars(value) if isinstance(value, Facade) else ATTRIBUTES
        for name in names:
            try:
                found = getattr(value, name)
            except Exception:  # noqa: BLE001 - a getter that raises gives nothing
                continue
            if found is getattr(value, name) or isinstance(found, types.MappingProxyType):
                waiting.append((f"{path}.{name}", found))


def test_what_is_left_out_is_not_offered():
    assert not BUILTIN_NAMES & set(LEFT_OUT_NAMES)
    assert not ATTRIBUTES & set(LEFT_OUT_ATTRIBUTES)
    for offer in OFFERS.values():
        assert not set(offer.members) & set(offer.left_out)


def test_no_attribute_begins_with_an_underscore():
    assert not [name for name in ATTRIBUTES if name.startswith("_")]
    assert not [name for offer in OFFERS.values() for name in offer.members if name.startswith("_")]
