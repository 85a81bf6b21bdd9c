"""Every fast path of the gate against the plain one, and the gate against the standard library and jsonschema."""

import json
from decimal import Decimal, InvalidOperation

import jsonschema
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gate_world import files, gate, verdicts
from sealift.assembly.workshop import validators_for
from sealift.config import Settings
from sealift.execution.incremental import MemberGate, Remembering, Seen, member_gate
from sealift.execution.policy_gate import policy_gate
from sealift.execution.typed_gate import compile_quickly
from sealift.execution.validation import ValidationPolicy, compile_schema, strict_validator
from sealift.execution.validators import Validators
from sealift.model.batch import Change, Changes, DocumentError
from sealift.ports import Binding

NUMBERS = st.integers(-20, 20) | st.integers() | st.floats(-5, 5, allow_nan=False).map(lambda one: round(one, 2))
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["a", "b", "c", "x1", "x2", "é"])
DOCUMENTS = st.dictionaries(MEMBERS, VALUES, max_size=5)

LEAVES = st.sampled_from(
    [
        {},
        True,
        {"type": "integer"},
        {"type": "string"},
        {"type": ["number", "null"]},
        {"minimum": 0},
        {"maximum": 2, "type": "number"},
        {"minLength": 1},
        {"enum": [1, "a", None]},
        {"const": 0},
        {"items": {"type": "integer"}},
        {"type": "object", "required": ["a"]},
        {"maxItems": 2},
    ]
)
MEMBER_SCHEMAS = LEAVES | st.sampled_from([{"$ref": "#/$defs/d"}, {"$ref": "c.json"}, {"not": {"$ref": "#/$defs/d"}}])
SHAPES = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(MEMBERS, MEMBER_SCHEMAS, max_size=4)},
    optional={
        "required": st.lists(MEMBERS, max_size=2, unique=True),
        "additionalProperties": st.booleans() | MEMBER_SCHEMAS,
        "patternProperties": st.fixed_dictionaries({"^x": MEMBER_SCHEMAS}),
        "propertyNames": st.sampled_from([{"maxLength": 2}, {"pattern": "^[a-x]"}]),
        "minProperties": st.integers(0, 3),
        "maxProperties": st.integers(1, 5),
        "$defs": st.fixed_dictionaries({"d": LEAVES}),
        "title": st.text(max_size=3),
    },
).map(lambda schema: {"$defs": {"d": {"type": "integer"}}, **schema})


def written(document, style):
    match style:
        case 0:
            return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        case 1:
            return json.dumps(document).encode()
        case _:
            return json.dumps(document, indent=1).encode() + b"\n"


STYLES = st.integers(0, 2)


@given(st.lists(st.tuples(DOCUMENTS, STYLES), max_size=8), SHAPES, LEAVES)
def test_a_batch_gets_the_verdicts_of_its_documents_one_by_one(batch, schema, other):
    validator = gate(schema, c=other)
    documents = [written(*one) for one in batch]
    assert verdicts(validator, *documents) == [verdicts(validator, one)[0] for one in documents]


@given(DOCUMENTS, STYLES, SHAPES, LEAVES)
def test_the_engines_agree_where_numbers_fit_and_patterns_are_plain(document, style, schema, other):
    def small(value):
        if isinstance(value, dict | list):
            return all(map(small, value.values() if isinstance(value, dict) else value))
        return not isinstance(value, int | float) or abs(value) < 2**53

    assume(small(document))
    text = json.dumps(schema).replace("c.json", "#/$defs/other")
    merged = json.loads(text)
    merged["$defs"] = {**merged["$defs"], "other": other}
    expected = jsonschema.Draft202012Validator(merged).is_valid(document)
    assert verdicts(gate(schema, c=other), written(document, style)) == [None if expected else "invalid"]


WORDS = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', '"\\u0061"', '"\\""', '"a b"', "1", "-0", "1.50", "1e5", "0.1E-2"]
ODD = [
    "true",
    "null",
    " ",
    "\n",
    "NaN",
    "01",
    "9" * 4301,
    f'"{"9" * 4301}"',
    "\x00",
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    "é",
]
TOKENS = st.sampled_from(WORDS + ODD)


@given(st.lists(TOKENS, max_size=14).map("".join) | st.builds(written, DOCUMENTS, STYLES).map(bytes.decode))
@example("1e" + "9" * 4301)
@example('{"a":1e' + "9" * 19 + "}")
def test_strictness_is_what_the_standard_library_finds_with_every_rule_spelled_out(text):
    assert (verdicts(strict_validator(), text.encode()) == [None]) is is_strict(text)


def is_strict(text):
    def unique(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError
        return dict(pairs)

    def refuse(_):
        raise ValueError

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_int=str, parse_float=Decimal)
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, InvalidOperation):  # an exponent that no Decimal has
        return False
    return isinstance(value, dict)


@given(st.data())
def test_a_name_that_is_there_twice_is_found_at_any_depth_in_any_style(data):
    document = data.draw(DOCUMENTS)
    text = written(document, data.draw(STYLES)).decode()
    places = [at for at, sign in enumerate(text) if sign == "{"]
    at = data.draw(st.sampled_from(places)) + 1
    twice = text[:at] + '"a":1,"a":2' + ("" if text[at:].lstrip().startswith("}") else ",") + text[at:]
    expected = None if is_strict(twice) else "not-json"
    assert verdicts(strict_validator(), twice.encode()) == [expected]
    assert is_strict(text)


@given(st.lists(st.tuples(DOCUMENTS, STYLES), min_size=1, max_size=6), SHAPES, LEAVES, st.integers(0, 6), st.data())
def test_remembering_changes_no_verdict(batch, schema, other, entries, data):
    plain = gate(schema, c=other)
    remembering = Remembering(plain, Seen(entries))
    documents = [written(*one) for one in batch]
    for _ in range(3):
        asked = data.draw(st.lists(st.sampled_from(documents), max_size=8))
        assert list(remembering.invalid(asked)) == list(plain.invalid(asked))


def test_remembering_asks_once_and_keeps_no_more_than_it_may():
    asked = []

    class Counting:
        def invalid(self, documents):
            asked.extend(documents)
            return ((at, None) for at, document in enumerate(documents) if document == b"bad")

    remembering = Remembering(Counting(), Seen(2))
    for document in (b"a", b"a", b"bad", b"bad", b"b", b"c", b"c", b"a"):
        list(remembering.invalid([document]))
    assert asked == [b"a", b"bad", b"bad", b"b", b"c", b"c"]


@given(st.lists(st.tuples(DOCUMENTS, STYLES), min_size=1, max_size=6), SHAPES, SHAPES, LEAVES, st.data())
def test_what_a_run_under_validation_all_uses_changes_no_verdict(batch, first, second, other, data):
    """Several steps with the same schema or another one, under names that two packs share."""
    validators = validators_for(Settings.of(validation="all"))
    documents = [written(*one) for one in batch]
    worlds = [files(a=first, c=other), files(a=second, c=other), files(a=first, c=second)]
    for _ in range(4):
        pack, path = data.draw(st.sampled_from(worlds)), data.draw(st.sampled_from(["a", "c"]))
        asked = data.draw(st.lists(st.sampled_from(documents), max_size=8))
        made = validators.of(pack, f"schemas/{path}.json")
        assert list(made.invalid(asked)) == list(compile_schema(pack, f"schemas/{path}.json").invalid(asked))


UNTYPED_SCHEMA = {"type": "object", "properties": {"x": {"not": {"const": 1}}}}
UNTYPED = files(a=UNTYPED_SCHEMA)
"""No type says the same as its schema."""


def test_only_validation_all_remembers():
    def remembers(**settings):
        return isinstance(validators_for(Settings.of(**settings)).of(UNTYPED, "schemas/a.json"), Remembering)

    assert not remembers()
    assert remembers(validation="all")
    assert remembers(collections={"c": Binding(validation="all")})


class Noting(Seen):
    """Notes what it was asked, and what it was told."""

    def __init__(self):
        super().__init__()
        self.asked, self.told = [], []

    def __contains__(self, digest):
        self.asked.append(super().__contains__(digest))
        return self.asked[-1]

    def add(self, digest):
        self.told.append(digest)
        super().add(digest)


def test_a_second_step_under_the_same_schema_knows_what_was_valid_and_nothing_else():
    seen, pack = Noting(), files(a={"type": "object", "not": {"required": ["x"]}}, c={"type": "object", "not": {}})
    documents = [b'{"a": 1}', b'{"x": 1}']
    for schema, expected in (("a", [False, False]), ("a", [True, False]), ("c", [False, False])):
        validator = compile_quickly(pack, f"schemas/{schema}.json", seen=seen)
        assert [at for at, _ in validator.invalid(documents)] == ([1] if schema == "a" else [0, 1])
        assert seen.asked == expected
        seen.asked.clear()
    assert len(seen.told) == 1


def by_members(pack, seen=None):
    full = Remembering(compile_schema(pack, "schemas/b.json"), Seen() if seen is None else seen)
    return member_gate(pack, "schemas/a.json", "schemas/b.json", full=full)


EDITS = st.dictionaries(MEMBERS, VALUES | st.just(...), max_size=2)


@st.composite
def schema_pairs(draw):
    """Draw two schemas; most steps leave most of a schema alone, so half of the pairs differ in a keyword only."""
    old, drawn = draw(SHAPES), draw(SHAPES)
    if draw(st.booleans()):
        keyword = draw(st.sampled_from(sorted(drawn)))
        drawn = {**old, keyword: drawn[keyword]}
    kept = {name: old[name] for name in EVERYWHERE if name in old}
    return old, {**{name: one for name, one in drawn.items() if name not in EVERYWHERE}, **kept}


EVERYWHERE = ("patternProperties", "propertyNames")


@given(DOCUMENTS, st.lists(EDITS, min_size=1, max_size=4), schema_pairs(), LEAVES, STYLES)
def test_checking_changed_members_gives_the_verdict_of_checking_all(document, edits, schemas, other, style):
    old, new = schemas
    pack = files(a=old, b=new, c=other)
    part = by_members(pack)
    # Patterns that lead to a definition which changed bind every member: such a pair is not checked in parts.
    assume(part is not None)
    before = written(document, style)
    assume(verdicts(gate(old, c=other), before) == [None])
    pairs = []
    for edit in edits:
        after = {**document, **edit}
        pairs.append((before, written({name: one for name, one in after.items() if one is not ...}, style)))
    full = compile_schema(pack, "schemas/b.json")
    assert list(part.invalid(pairs)) == list(full.invalid([after for _, after in pairs]))


STEPS = st.lists(st.tuples(DOCUMENTS, st.none() | EDITS, STYLES), max_size=8)


@given(STEPS, schema_pairs(), LEAVES, st.integers(0, 6))
def test_a_step_under_validation_all_finds_what_two_full_checks_find(rows, schemas, other, entries):
    """Documents that are valid as they come or not, left alone or changed, twice, with much or little remembered."""
    old, new = schemas
    pack = files(a=old, b=new, c=other)
    first, second = (compile_schema(pack, f"schemas/{name}.json") for name in "ab")
    gate_of_all = policy_gate(
        ValidationPolicy.parse("all"), Validators(Seen(entries)), pack, "schemas/a.json", "schemas/b.json"
    )
    befores = [written(document, style) for document, _, style in rows]
    afters = [None if edits is None else written(edited(document, edits), style) for document, edits, style in rows]
    for _ in range(2):
        assert all_that_fails(gate_of_all, befores, afters) == [
            verdicts(first, before)[0] or verdicts(second, after or before)[0]
            for before, after in zip(befores, afters, strict=True)
        ]


def edited(document, edits):
    return {name: one for name, one in {**document, **edits}.items() if one is not ...}


def all_that_fails(policed, befores, afters):
    """Return the code of each document, as a run finds them."""
    outcomes = policed.entered(befores, afters)
    found = [outcome.code if isinstance(outcome, DocumentError) else None for outcome in outcomes]
    changed = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, bytes)]
    left = [at for at, outcome in enumerate(outcomes) if outcome is None]
    for at, error in policed.changed(
        Changes.of(Change((at,), None, befores[at], afters[at]) for at in changed)
    ).items():
        found[changed[at]] = error.code
    for at, error in policed.unchanged([befores[at] for at in left]):
        found[left[at]] = error.code
    return found


def test_a_step_under_validation_all_looks_at_what_changed_where_no_type_is_faster():
    typed = files(a={"type": "object", "properties": {"x": {"type": "integer"}}})

    def members(pack, policy, validators, before="schemas/a.json"):
        return policy_gate(ValidationPolicy.parse(policy), validators, pack, before, "schemas/a.json").members

    assert isinstance(members(UNTYPED, "all", Validators(Seen())), MemberGate)
    assert members(UNTYPED, "changed", Validators(Seen())) is None
    assert members(UNTYPED, "all", Validators(Seen()), before=None) is None
    assert members(typed, "all", Validators(Seen())) is None


def test_what_was_checked_by_its_members_is_not_checked_again_by_the_next_step():
    seen, pack = Noting(), files(a=UNTYPED_SCHEMA, b={**UNTYPED_SCHEMA, "title": "later"})
    pairs = [(b'{"x":2,"y":1}', b'{"x":3,"y":1}'), (b'{"x":2}', b'{"x":1}')]
    assert [at for at, _ in by_members(pack, seen).invalid(pairs)] == [1]
    full = Remembering(compile_schema(pack, "schemas/b.json"), seen)
    seen.asked.clear()
    assert [at for at, _ in full.invalid([after for _, after in pairs])] == [1]
    assert seen.asked == [True, False]


def test_a_schema_that_looks_at_the_whole_document_is_never_checked_in_parts():
    plain = {"type": "object", "properties": {"a": {}}}
    for whole in (
        {"allOf": [{}]},
        {"if": {}, "then": {}},
        {"dependentRequired": {"a": ["b"]}},
        {"dependentSchemas": {"a": {}}},
        {"unevaluatedProperties": False},
        {"not": {}},
        {"enum": [{}]},
        {"$ref": "c.json"},
        {"$id": "https://acme.example/x"},
        {"properties": {"a": {"$dynamicRef": "#m"}}, "$defs": {"m": {"$dynamicAnchor": "m"}}},
        {"$schema": "http://json-schema.org/draft-04/schema#"},
        {"type": ["object", "array"]},
        {"patternProperties": {"^x": {}}},
        {"propertyNames": {"maxLength": 1}},
    ):
        for old, new in ((plain, {**plain, **whole}), ({**plain, **whole}, plain)):
            pack = files(a=old, b=new, c={"type": "object"})
            assert by_members(pack) is None, whole


def test_checking_changed_members_is_as_strict_as_checking_all():
    pack = files(a={"type": "object"}, b={"type": "object", "title": "later"})
    part, full = by_members(pack), compile_schema(pack, "schemas/b.json")
    before = b'{"a":1,"b":{"c":1}}'
    afters = [
        b'{"a":1,"a":1,"b":{"c":1}}',
        b'{"a":1,"b":{"c":1,"c":2}}',
        b'{"a":NaN,"b":{"c":1}}',
        b'{"a":"\\ud800"}',
        b'{"a":1e99999999999999999999}',
        b"[]",
        b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"a":1}{}',
        b'{"a":"' + b"x" * 2**24 + b'"}',
    ]
    for after in afters:
        found = list(part.invalid([(before, after)]))
        assert found == list(full.invalid([after]))
        assert len(found) == 1


def test_values_that_only_look_alike_are_told_apart():
    for left, right in ((1, True), (1, "1"), (1.5, "1.5"), (0, False), (None, "None")):
        old, new = ({"type": "object", "properties": {"a": {"const": one}, "b": True}} for one in (left, right))
        part = by_members(files(a=old, b=new))
        before = json.dumps({"a": left}).encode()
        after = json.dumps({"a": left, "b": 1}, separators=(",", ":")).encode()
        assert [at for at, _ in part.invalid([(before, after)])] == [0]


DIGITS = st.integers(0, 10**6) | st.integers(0, 10**30)
SPELLED = st.builds(
    lambda sign, digits, point, power: (sign, digits, point, power),
    st.sampled_from(["", "-"]),
    DIGITS,
    st.integers(0, 25),
    st.none() | st.integers(-30, 30),
)


def spelled(number, zeros):
    """Write a number as JSON allows it, with zeros behind that change nothing."""
    sign, digits, point, power = number
    whole, part = divmod(digits, 10**point)
    fraction = f".{part:0{point}d}{'0' * zeros}" if point else ""
    return f"{sign}{whole}{fraction}" + (f"e{power}" if power is not None else "")


@given(SPELLED, SPELLED, st.integers(0, 3), st.booleans())
def test_numbers_are_compared_exactly_however_they_are_spelled(left, right, zeros, same):
    bound, value = spelled(left, 0), spelled(left if same else right, zeros)
    number, limit = Decimal(value), Decimal(bound)
    expected = {
        "maximum": number <= limit,
        "minimum": number >= limit,
        "exclusiveMaximum": number < limit,
        "exclusiveMinimum": number > limit,
        "const": number == limit,
    }
    for keyword, holds in expected.items():
        schema = f'{{"properties":{{"x":{{"{keyword}":{bound}}}}}}}'.encode()
        validator = compile_schema({"schemas/a.json": schema}, "schemas/a.json")
        assert verdicts(validator, f'{{"x":{value}}}'.encode()) == [None if holds else "invalid"], (
            keyword,
            bound,
            value,
        )
