"""From a document's bytes to its bytes: what is not touched does not change, and what is not JSON is refused."""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

from decimal import Decimal
from functools import partial

import pytest

from sealift.worker.codec import Codec, Failure
from sealift.worker.compiler import compile_unit
from sealift.worker.frozen import freeze
from sealift.worker.strict_json import fits

CODEC = Codec(200, 1 << 20)


def touch(document):
    document["z"] = 0
    return document


def same(document):
    return document


def get(name):
    """Return a function that replaces the document by what it says of one member."""
    return lambda document: {"x": str(document["x"]), "name": name}


UNTOUCHED = [
    "1.10", "1.0", "-0.0", "-0", "0", "1e400", "-1e400", "1E5", "1e5", "1e+5", "1.0e-7", "0.1234567890123456789", "1e16", "1e22", "1e-400",
    "123456789012345678901234567890", "-18446744073709551617", "9007199254740993", "0.1", "100000000000000000000.0", "1" * 5000,
    "1.00000000000000000000", "3.141592653589793238462643383279", "5e-324", "1.7976931348623157e308", "1.7976931348623159e308",
    "true", "null", "[]", "{}", '""', '"\\u00e9"', '"é"', '"\\/"', '"\\u0000"', '"\\ud83d\\ude00"', '"😀"', '"\\u2028"', '"\x7f"',
]  # fmt: skip
SPACES = [("{0}", ""), ('{{"a":{0},"b":[{0}]}}', ""), ('{{ "a" : {0} , "b":[ {0}\n] }}\n', "spaced")]


@pytest.mark.parametrize("text", UNTOUCHED, ids=lambda text: text[:30].encode("unicode_escape").decode())
class TestUntouched:
    @pytest.mark.parametrize(
        "template", ['{{"a":{0}}}', '{{ "a" :\t{0} , "b": [ {0},1 ]\n}} ', '{{"b":{0},"a":{{"c":{0}}}}}']
    )
    def test_an_unchanged_document_keeps_its_bytes(self, text, template):
        assert CODEC.transform(template.format(text).encode(), same) is None

    def test_a_rebuilt_document_of_the_same_content_is_unchanged(self, text):
        assert CODEC.transform(f'{{"a": {text}, "b": 1}}'.encode(), lambda document: dict(document.items())) is None

    def test_a_member_that_is_not_touched_keeps_its_value(self, text):
        changed = CODEC.transform(f'{{"y":1,"a": {text},"b":[{text}]}}'.encode(), touch)
        assert isinstance(changed, bytes)
        numeric = text[0] in "-0123456789"
        expected = Decimal(text) if numeric else text
        before, after = strict(f'{{"y":1,"a":{text},"b":[{text}],"z":0}}'), strict(changed)
        assert list(after) == ["y", "a", "b", "z"]
        assert after == before
        if numeric:
            assert (after["a"], after["b"]) == (expected, [expected])

    def test_a_member_that_moves_keeps_its_value(self, text):
        changed = CODEC.transform(f'{{"a":{text}}}'.encode(), lambda document: {"moved": {"to": [document["a"]]}})
        assert strict(changed)["moved"]["to"][0] == strict(f'{{"a":{text}}}')["a"]


def strict(text):
    import json

    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is not JSON"), (b"{", "is not JSON"), (b"{} x", "is not JSON"), (b"[1,]", "is not JSON"),
        (b"{'a':1}", "is not JSON"), (b'{"a":01}', "is not JSON"), (b'{"a":+1}', "is not JSON"), (b'{"a":.5}', "is not JSON"),
        (b'{"a":1.}', "is not JSON"), (b'{"a":0x1}', "is not JSON"), (b'"\t"', "is not JSON"), (b"\xff\xfe{\x00}\x00", "is not UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "is not JSON"), (b'{"a":"\xed\xa0\x80"}', "is not UTF-8"), (b'{"a":"\xff"}', "is not UTF-8"),
        (b'{"a":NaN}', "NaN is not a number"), (b'{"a":Infinity}', "Infinity is not"), (b'{"a":-Infinity}', "-Infinity is not"),
        (b'{"a":1,"a":2}', "the member 'a' is there twice"), (b'{"x":{"a":1,"b":2,"a":1}}', "'a' is there twice"),
        (b'{"a":1,"\\u0061":2}', "the member 'a' is there twice"),
        (b'{"a":"\\ud800"}', "lone surrogate"), (b'{"\\udc00":1}', "lone surrogate"), (b'{"a":"\\ude00\\ud83d"}', "lone surrogate"),
        (b"[1]", "is an array, not an object"), (b"1", "is a number, not"), (b"1.10", "is a number, not"), (b"null", "is null, not"),
        (b'"x"', "is a string, not"), (b"true", "is a boolean, not"),
    ],
)  # fmt: skip
def test_a_stored_document_that_is_no_strict_json_object(raw, message):
    outcome = CODEC.transform(raw, touch)
    assert isinstance(outcome, Failure)
    assert outcome.code == "unreadable"
    assert message in outcome.message
    assert outcome.where is None


class TestLimits:
    @pytest.mark.parametrize(("levels", "fails"), [(199, False), (200, True), (1000, True), (100_000, True)])
    def test_depth_of_the_stored_document(self, levels, fails):
        raw = b'{"a":' + b"[" * levels + b"]" * levels + b"}"
        outcome = CODEC.transform(raw, touch)
        assert isinstance(outcome, Failure) is fails
        if fails:
            assert (outcome.code, "stored document is nested too deeply" in outcome.message) == ("limit", True)

    def test_depth_in_a_text_that_needs_exact_reading(self):
        outcome = CODEC.transform(b'{"x":1.10,"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", touch)
        assert outcome.code == "limit"

    def test_many_shallow_brackets_are_fine(self):
        raw = b'{"a":[' + b",".join([b"[{}]"] * 5000) + b'],"s":"' + b"[" * 1000 + b'"}'
        assert CODEC.transform(raw, same) is None
        assert isinstance(CODEC.transform(raw, touch), bytes)

    def test_size_of_the_stored_document(self):
        codec = Codec(200, 20)
        assert codec.transform(b'{"a":"xxxxxxxxxxxx"}', same) is None
        outcome = codec.transform(b'{"a":"xxxxxxxxxxxxx"}', same)
        assert (outcome.code, "has 21 bytes (at most 20" in outcome.message) == ("limit", True)

    def test_size_of_the_result(self):
        outcome = Codec(200, 20).transform(b'{"a":1}', lambda _: {"a": "x" * 20})
        assert (outcome.code, "the result has 28 bytes" in outcome.message) == ("limit", True)

    def test_nodes_that_contain_themselves_many_times_do_not_multiply(self):
        node = []
        node.extend([node] * 100)
        assert not fits(node, 200)
        assert fits([[], [[]]], 3)
        assert not fits([[], [[]]], 2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"lines": [{}, {}, {"price": Decimal("1.1")}]}, "$.lines[2].price: a Decimal; write str(…) or float(…)"),
        ({"a b": (1,)}, "$['a b']: a tuple; write list(…)"),
        ({"x": {1: 2}}, "$.x: the key 1 is an int; write str(…)"),
        ({"x": float("nan")}, "$.x: the float nan, which JSON does not have"),
        ({"x": {"\ud800": 1}}, "$.x: a key has a lone surrogate"),
        ({"x": ["\ud800"]}, "$.x[0]: a text with a lone surrogate"),
        ({"x": 10**5000}, "$.x: an integer of thousands of digits"),
        ([], "the method returned a list, not the document"),
        (None, "probably a `return document` is missing"),
    ],
)
def test_the_message_names_the_value_and_the_remedy(value, words):
    outcome = CODEC.transform(b"{}", lambda _: value)
    assert words in outcome.message


def test_a_constant_in_the_result_is_written_as_plain_json():
    table = freeze({"a": [1, {"b": 2}]})
    assert CODEC.transform(b"{}", lambda document: document | {"t": table}) == b'{"t":{"a":[1,{"b":2}]}}'


class TestExactNumbers:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("1.10", "1.1"),
            ("1E5", "100000.0"),
            ("0.1234567890123456789", "0.1234567890123456789"),
            ("1e400", "1e400"),
            ("-0", "-0.0"),
        ],
    )
    def test_str_gives_every_digit_and_otherwise_what_python_gives(self, text, shown):
        assert CODEC.transform(f'{{"x":{text}}}'.encode(), get("n")) == f'{{"x":"{shown}","name":"n"}}'.encode()

    def test_they_behave_as_floats(self):
        def check(document):
            x = document["x"]
            assert isinstance(x, float)
            assert x == 1.1
            assert {x: 1}[1.1] == 1
            assert (x + 1, x * 2, -x, round(x, 1), int(x), x < 2) == (2.1, 2.2, -1.1, 1.1, 1, True)
            assert type(x + 0) is float
            assert f"{x:.3f}" == "1.100"
            return {"y": x + 0}

        assert CODEC.transform(b'{"x":1.10}', check) == b'{"y":1.1}'

    def test_decimal_of_the_text_is_exact(self):
        unit = compile_unit(
            {"p": "from decimal import Decimal\nfrom sealift import Migration\nclass C(Migration):\n    def upgrade(self, d):\n        d['x'] = str(Decimal(str(d['x'])) * 2)\n        return d\n"},
            "p", "C",
        )  # fmt: skip
        assert (
            CODEC.transform(b'{"x":0.12345678901234567891}', partial(unit.call, "upgrade"))
            == b'{"x":"0.24691357802469135782"}'
        )


class TestWhatAPackRaises:
    def unit(self, body):
        source = f"from sealift import Migration\nclass C(Migration):\n    def upgrade(self, document):\n        {body}\n        return document\n"
        return partial(compile_unit({"migrations/c.py": source}, "migrations/c.py", "C").call, "upgrade")

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ("document['name']", "KeyError: 'name'"),
            ("raise ValueError('no such country')", "ValueError: no such country"),
            ("raise ValueError(document)", "ValueError: (the message holds a dict, which is not shown)"),
            ("raise ValueError('x', [document])", "ValueError: (the message holds a list, which is not shown)"),
            ("raise ValueError", "ValueError"),
            ("1 / 0", "ZeroDivisionError: division by zero"),
            ("raise ValueError('\\ud800')", "ValueError: ?"),
            ("assert document.get('x')", "AssertionError"),
            ("raise ValueError('a' * 5000)", "ValueError: " + "a" * 1000 + "…"),
            ("self.upgrade()", "TypeError: C.upgrade() missing 1 required positional argument: 'document'"),
        ],
    )
    def test_type_message_and_place(self, body, message):
        outcome = CODEC.transform(b'{"secret":"s3cret"}', self.unit(body))
        assert outcome == Failure("raised", message, "migrations/c.py:4")
        assert "s3cret" not in outcome.message

    def test_the_place_is_the_innermost_line_of_the_pack(self):
        source = "import re\nfrom sealift import Migration\ndef f(x):\n    return re.sub('(', '', x)\nclass C(Migration):\n    def upgrade(self, document):\n        return f('x')\n"
        outcome = CODEC.transform(b"{}", partial(compile_unit({"m/c.py": source}, "m/c.py", "C").call, "upgrade"))
        assert outcome.where == "m/c.py:4"

    def test_memory(self):
        assert CODEC.transform(b"{}", self.unit("document = 'a' * (1 << 62)")).code == "memory"


def test_nothing_is_left_of_a_document():
    seen = []

    def keep(document):
        seen.append(document)
        document["n"] = len(seen)
        return document

    assert [CODEC.transform(b'{"a":[1.10]}', keep) for _ in range(2)] == [b'{"a":[1.10],"n":1}', b'{"a":[1.10],"n":2}']
    assert seen[0] is not seen[1]
    assert seen[0]["a"] is not seen[1]["a"]
