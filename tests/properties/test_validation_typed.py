"""The fast accept against the full check: it may leave a document unsettled, but never accepts what that refuses."""

import json
import re
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st
from msgspec import UNSET

from gate_world import files, gate
from schema_strategies import NAMES, WHOLE
from sealift.execution.typed_gate import compile_quickly, typed_gate
from sealift.execution.typed_parts import Column
from sealift.execution.typed_patterns import UntypableError, lines_pattern, python_pattern
from sealift.model.limits import Limits

MOST_LEVELS = 4
SCALARS = (
    st.sampled_from(["null", "true", "false", "0", "-0", "-0.0", "1.0", "1", "2", "1e400", "1e-400", "1E2", "0.10"])
    | st.sampled_from(["3.0000000000000000001", "9007199254740993", "9223372036854775808", "-9223372036854775809"])
    | st.sampled_from(
        ['"a"', '"b"', '"ab"', '"é"', '"\\u0061"', '"\\ud800"', '"a\\n"', '"aab\\n"', '"12"', '"😀"', '""']
    )
    | st.integers(-4, 4).map(str)
    | st.floats(-4, 4).map(repr)
    | st.text(alphabet="ab@c1-\n\u2028é", max_size=4).map(lambda text: json.dumps(text, ensure_ascii=False))
)


@st.composite
def texts(draw, schema, level=0):
    """Draw a text that is often valid: members in any order, some twice, some unknown, some of another type."""
    if level > MOST_LEVELS or not isinstance(schema, dict) or draw(st.integers(0, 11)) == 0:
        return draw(SCALARS)
    match schema.get("type"):
        case "object":
            return draw(object_texts(schema.get("properties", {}), level))
        case "array":
            items = [draw(texts(schema.get("items", {}), level + 1)) for _ in range(draw(st.integers(0, 3)))]
            return "[" + ",".join(items) + "]"
        case _:
            return draw(scalar_texts(schema))


@st.composite
def object_texts(draw, properties, level):
    names = list(draw(st.permutations(sorted(properties))))
    names += draw(st.lists(NAMES, max_size=1)) if draw(st.integers(0, 5)) == 0 else []
    left_out = draw(st.sets(NAMES, max_size=2))
    members = [
        json.dumps(name, ensure_ascii=False) + ":" + draw(texts(properties.get(name, {}), level + 1))
        for name in names
        if name not in left_out
    ]
    return "{" + ",".join(members) + "}"


@st.composite
def scalar_texts(draw, schema):
    values = list(schema.get("enum", [schema["const"]] if "const" in schema else []))
    values += [
        schema[name] + draw(st.integers(-1, 1))
        for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        if name in schema
    ]
    return json.dumps(draw(st.sampled_from(values))) if values and draw(st.booleans()) else draw(SCALARS)


TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[,:\[\]{}]')


def damaged(data, text):
    """Return the text as bytes, with blanks or without, and most often whole."""
    blank = data.draw(st.sampled_from(["", "", "", " ", "\n", "\t ", "\r"]))
    text = TOKENS.sub(lambda found: found[0] + ("" if found[0].startswith('"') else blank), text) if blank else text
    raw = text.encode("utf-8", "surrogatepass")
    if raw and data.draw(st.integers(0, 7)) == 0:
        at = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(st.sampled_from([b"", b" ", b"\n", b"\xff", b",", b"}", b"\x00", b'"a":1,']))
        raw = raw[:at] + piece + raw[at + data.draw(st.integers(0, 1)) :]
    return raw


@given(WHOLE, st.data())
def test_what_a_type_settles_the_full_check_accepts(schema, data):
    typed = typed_gate(json.loads(json.dumps(schema), parse_float=Decimal), Limits())
    if typed is None:
        return
    full = gate(schema)
    for _ in range(3):
        batch = [damaged(data, data.draw(texts(schema))) for _ in range(data.draw(st.integers(1, 5)))]
        left = set(typed.unsettled(batch))
        refused = {at for at, _ in full.invalid(batch)}
        assert refused <= left, (schema, batch)
        event("settled some" if len(left) < len(batch) else "settled none")


@given(WHOLE, st.data())
def test_the_quick_gate_says_what_the_full_gate_says(schema, data):
    pack = files(a=schema)
    quick, full = compile_quickly(pack, "schemas/a.json"), gate(schema)
    for _ in range(3):
        batch = [damaged(data, data.draw(texts(schema))) for _ in range(data.draw(st.integers(0, 90)) % 7)]
        assert list(quick.invalid(batch)) == list(full.invalid(batch))


INSIDES = st.lists(
    st.tuples(
        st.sampled_from(
            ["a", "b", "\\.", "\\d", "\\w", "[ab]", "[^a]", "[^@.]", "[a-c0]", ".", "-", "@", "[+-.]", "[b-]", "[\n]"]
        ),
        st.sampled_from(["", "", "+", "*", "?", "{2}", "{1,2}", "{1,}"]),
    ),
    max_size=5,
).map(lambda atoms: "".join(map("".join, atoms)))
TEXTS = st.text(alphabet="ab.@-0c\n\r\u2028\u2029éA_", max_size=8)


@given(INSIDES, st.booleans(), TEXTS)
@example(inside="a", ended=True, text="a\n")
@example(inside="[ab]+", ended=True, text="ab" * 3)
def test_a_translated_pattern_matches_nothing_that_the_engine_does_not(inside, ended, text):
    pattern = f"^{inside}" + ("$" if ended else "")
    try:
        translated = python_pattern(pattern)
    except UntypableError:
        return
    if re.search(translated, text):
        document = json.dumps({"x": text}, ensure_ascii=False, separators=(",", ":")).encode()
        assert not list(gate({"properties": {"x": {"pattern": pattern}}}).invalid([document]))


class Holder(NamedTuple):
    """A document with one text, or without."""

    text: object


@given(INSIDES, st.booleans(), st.lists(TEXTS | st.just(UNSET), max_size=4))
@example(inside="[^@]+@[^@]+", ended=True, texts=["a@b\nb@a"])
@example(inside="[^@]+@[^@]+", ended=True, texts=["a@b", "b\n@a"])
@example(inside="a", ended=False, texts=["ab", "a", UNSET])
@example(inside="a?", ended=True, texts=["a\n"])
@example(inside="a[\n]", ended=True, texts=["a", ""])
@example(inside="a[\n]?", ended=True, texts=["a", "a"])
@example(inside="[\na]+", ended=True, texts=["a", "a"])
def test_a_column_holds_what_each_of_its_texts_does(inside, ended, texts):
    pattern = f"^{inside}" + ("$" if ended else "")
    try:
        lines, each = lines_pattern(pattern), python_pattern(pattern)
    except UntypableError:
        return
    held = Column(("text",), each, lines).holds([Holder(text) for text in texts])
    there = [text for text in texts if text is not UNSET]
    assert held == all(re.search(each, text) is not None for text in there)
    event(f"{held} of {len(there)}")


def textual(pattern):
    return {"type": "string", "pattern": pattern}


@given(st.sampled_from(["^a+b$", "^[^@]+@[^@]+$", "^a", "^a?b*$", "^$"]), st.data())
def test_a_pattern_holds_wherever_its_text_lies(pattern, data):
    text = textual(pattern)
    inner = {"type": "object", "properties": {"s": text, "t": text}, "required": ["s"]}
    schema = {
        "type": "object",
        "properties": {
            "a": text,
            "b": text,
            "c": inner,
            "d": inner,
            "e": {"type": "array", "items": text},
            "f": {"type": ["string", "null"], "pattern": pattern},
            "g": {"type": "array", "items": inner},
        },
        "required": ["a", "c"],
    }
    good = {"^a+b$": "aab", "^[^@]+@[^@]+$": "a@b", "^a": "ab", "^a?b*$": "abb", "^$": ""}[pattern]

    def drawn():
        return data.draw(st.sampled_from([*[good] * 9, f"{good}\n", f"{good}\n{good}", "c", "a@b@", "b\na@b"]))

    def member():
        return {"s": drawn(), **({"t": drawn()} if data.draw(st.booleans()) else {})}

    def document():
        more = {"b": drawn(), "d": member(), "e": [drawn()], "f": data.draw(st.sampled_from([None, drawn()]))}
        kept = data.draw(st.sets(st.sampled_from([*more, "g"])))
        found = {"a": drawn(), "c": member(), **more, "g": [member()]}
        return {name: found[name] for name in sorted({"a", "c"} | kept)}  # as the schema has them: nothing to learn

    batch = [json.dumps(document(), separators=(",", ":")).encode() for _ in range(data.draw(st.integers(1, 4)))]
    typed = typed_gate(schema, Limits())
    left, refused = set(typed.unsettled(batch)), {at for at, _ in gate(schema).invalid(batch)}
    assert left == refused
    event(f"{len(batch) - len(left)} of {len(batch)}")


@pytest.mark.parametrize(
    "pattern",
    [
        *("^(a+)+$", "^a+a+$", "^[ab]*[bc]*$", "a$", "^a|b$", "^a+?$", "^[^a][^b]*[^c]$", "^\\p{L}$", "^[a--b]$"),
        *("^[a&&b]$", "^[[:alpha:]]$", "^\\bx$", "^[^\\d]$", "^x{2,1}$", "^(?i)x$", "^é-[é-ü]$"),
    ],
)
def test_patterns_that_could_loop_or_mean_something_else_are_left_to_the_engine(pattern):
    with pytest.raises(UntypableError):
        python_pattern(pattern)


def test_an_order_that_is_met_is_learnt_and_then_settled_at_once():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    typed = typed_gate(schema, Limits())
    document = b'{"b":"x","a":1}'
    assert list(typed.unsettled([document, b'{"a":"x"}'])) == [1]
    assert list(typed.unsettled([document, b'{"a":1}', b'{"b":"y"}', b"{}"])) == []


def test_nothing_is_learnt_from_documents_that_are_wrong():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    typed = typed_gate(schema, Limits())
    for _ in range(40):
        assert list(typed.unsettled([b'{"b":1,"a":1}', b'{"a":1,"b":"x"}'])) == [0]
    assert list(typed.unsettled([b'{"b":"x","a":1}'])) == []


def test_nothing_is_learnt_from_documents_whose_texts_do_not_match():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": textual("^x$")}}
    typed = typed_gate(schema, Limits())
    for _ in range(40):
        assert list(typed.unsettled([b'{"b":"y","a":1}', b'{"a":1,"b":"x"}'])) == [0]
    assert list(typed.unsettled([b'{"b":"x","a":1}'])) == []


def test_lines_that_are_cut_in_another_place_are_not_settled():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    typed = typed_gate(schema, Limits())
    assert list(typed.unsettled([b'{"a":1}\n{"a":2}', b""])) == [0, 1]
    assert list(typed.unsettled([b'{"a":1}\n', b'{"a":2}'])) == []
    assert list(typed.unsettled([b'{"a":1}\n{"a":2}', b" "])) == [0, 1]
    assert list(typed.unsettled([b'{"a":\n1}', b'{"a":\n1}{"a":1}', b'{ "a":1}'])) == [1]
    assert list(typed.unsettled([b'{"a"', b":1}"])) == [0, 1]


def test_blanks_between_tokens_make_no_difference_and_everything_else_does():
    schema = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "string"}}}
    typed = typed_gate(schema, Limits())
    spaced = [b'{"a": 1.5, "b": "x: y, z"}', b'{ "a":\t1 }', b'{"b" : ""}\r', b"{ }"]
    assert list(typed.unsettled(spaced)) == []
    for odd in (
        b'{"a": 1, "a": 2}',
        b'{"a": 1.50}',
        b'{"b": "\\u0061"}',
        b'{"a": 1 0}',
        b'{"a": 1} {}',
        b'{"b": "\xff"}',
    ):
        for batch in ([odd], [odd, *spaced], [*spaced, odd]):
            assert list(typed.unsettled(batch)) == [batch.index(odd)], odd


def test_the_limits_hold_for_what_a_type_could_settle():
    bottomless = {"type": "object", "properties": {"a": {}}}
    deep = b'{"a":' + b"[" * 300 + b"]" * 300 + b"}"
    assert list(typed_gate(bottomless, Limits()).unsettled([deep])) == [0]
    small = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert list(typed_gate(small, Limits(document_bytes=8)).unsettled([b'{"a":"x"}'])) == [0]
    nested = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    assert list(typed_gate(nested, Limits(depth=1)).unsettled([b'{"a":[1]}'])) == [0]


def test_a_type_that_settles_little_is_given_up():
    typed = typed_gate({"type": "object", "properties": {"a": {"type": "integer"}}}, Limits())
    for _ in range(40):
        assert len(typed.unsettled([b'{"a":1.0}'] * 64)) == 64
    assert list(typed.unsettled([b'{"a":1}'])) == [0]
