"""Random schemas of the kind that a type can be made from, and of kinds that are close to it."""

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c", "é", "x y", "a\n", ""])
BOUNDS = (
    st.integers(-3, 3)
    | st.sampled_from([2**53, -(2**63), 2**63, 2**64, 10**30])
    | st.floats(-3, 3).map(lambda one: round(one, 2))
)
PATTERNS = st.sampled_from(
    [
        "^a+b$",
        "^[^@]+@[^@]+$",
        "^[a-c]{1,2}$",
        "^a",
        "^\\d{2}$",
        "^a?b*$",
        "^a.c",
        "^[a-z-]*$",
        "^\\w+$",
        "^$",
        "b$",
        "(a|b)",
    ]
)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional=dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], BOUNDS),
)
STRINGS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "pattern": PATTERNS,
        "format": st.just("date"),
    },
)
LEAVES = (
    NUMBERS
    | STRINGS
    | st.sampled_from(
        [
            *({}, True, False, {"type": "null"}, {"type": "boolean"}, {"const": 1}, {"const": "a"}, {"const": True}),
            *({"enum": ["a", "b"]}, {"enum": [1, 2**63]}, {"enum": [0], "type": "integer"}, {"enum": ["a", 1]}),
            *({"type": ["string", "null"], "minLength": 1}, {"type": ["integer", "number"], "minimum": 0}),
            *(
                {"$ref": "#/$defs/d"},
                {"minimum": 0},
                {"type": "object"},
                {"type": "string", "enum": ["a"], "maxLength": 0},
            ),
            {"type": ["object", "array"], "additionalProperties": {"type": "integer"}},
        ]
    )
)


def objects(inner):
    return st.builds(
        lambda properties, required, extra: {
            "type": "object",
            "properties": properties,
            "required": [name for name in sorted(properties) if name in required],
            **({} if extra is None else {"additionalProperties": extra}),
        },
        st.dictionaries(NAMES, inner, max_size=4),
        st.sets(NAMES),
        st.none() | st.booleans(),
    )


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: (
        objects(inner)
        | st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner},
            optional={"minItems": st.integers(0, 2), "maxItems": st.integers(0, 2)},
        )
    ),
    max_leaves=8,
)
WHOLE = st.builds(lambda schema, d: {**schema, "$defs": {"d": d}}, objects(SCHEMAS), LEAVES)
