"""What a manifest may say, member by member."""

import json
from collections.abc import Callable

import pytest

from sealift.errors.trust import ManifestMalformedError, PayloadTypeMismatchError
from sealift.model.migration import Grant
from sealift.model.paths import path_problem, tree_problem
from sealift.trust.statement import parse_statement, statement_bytes
from signed_packs import FILES, SPLIT_NAME, manifest_of

STATEMENT = json.loads(statement_bytes(manifest_of()))


def spoilt(place: str, value: object) -> bytes:
    made = json.loads(json.dumps(STATEMENT))
    *parents, last = place.split(".")
    node = made
    for parent in parents:
        node = node[int(parent)] if isinstance(node, list) else node[parent]
    node[last] = value
    return json.dumps(made).encode()


FIRST = "predicate.migrations.0"
SECOND = {**STATEMENT["predicate"]["migrations"][0]}


@pytest.mark.parametrize(
    ("place", "value", "where"),
    [
        ("subject", [], "subject"),
        ("subject", {}, "subject"),
        ("subject", [1], r"subject\[0\]"),
        ("subject", [{"name": 1, "digest": {"sha256": "0" * 64}}], r"subject\[0\]"),
        ("subject", [{"name": "a", "digest": {"sha256": 1}}], r"subject\[0\]\.digest\.sha256"),
        ("predicate", [], "predicate"),
        ("predicate.pack", "Acme Orders", r"predicate\.pack"),
        ("predicate.pack", None, r"predicate\.pack"),
        ("predicate.base", "newest", r"predicate\.base"),
        ("predicate.base", 1, r"predicate\.base"),
        ("predicate.collections", [], r"predicate\.collections"),
        ("predicate.collections", {"a b": None}, r"predicate\.collections"),
        ("predicate.collections", {"customers": "schemas/other.json"}, r"predicate\.collections\.customers"),
        ("predicate.collections", {"customers": "pack.toml"}, "does not end in .json"),
        ("predicate.distribution", "acme-orders", r"predicate\.distribution"),
        ("predicate.distribution.name", "Acme_Orders", r"predicate\.distribution\.name"),
        ("predicate.distribution.version", "one", r"predicate\.distribution\.version"),
        ("predicate.sequence", True, r"predicate\.sequence"),
        ("predicate.sequence", 0, r"predicate\.sequence"),
        ("predicate.sequence", "1", r"predicate\.sequence"),
        ("predicate.migrations", {}, r"predicate\.migrations"),
        (f"{FIRST}.version", "1.0.0", "does not come after 1.0.0"),
        (f"{FIRST}.version", "1.0", "does not come after 1.0.0"),
        (f"{FIRST}.version", "0.9", "does not come after 1.0.0"),
        (f"{FIRST}.path", None, r"migrations\[0\]\.path"),
        (f"{FIRST}.path", "pack.toml", r"does not end in \.py"),
        (f"{FIRST}.class", "Split Name", r"migrations\[0\]\.class"),
        (f"{FIRST}.collection", "orders", "not among the pack's collections"),
        (f"{FIRST}.depends_on", "acme.core", r"migrations\[0\]\.depends_on"),
        (f"{FIRST}.depends_on", ["acme.core >< 2"], "no requirement"),
        (f"{FIRST}.depends_on", ["Acme"], "no requirement"),
        (f"{FIRST}.depends_on", ["acme.core>=x"], "no requirement"),
        (f"{FIRST}.reversible", 1, "expected true or false"),
        (f"{FIRST}.atomic", None, "expected true or false"),
        (f"{FIRST}.grants", [{"collection": "customers", "access": []}], "expected some of"),
        (f"{FIRST}.grants", [{"collection": "customers", "access": ["update", "create"]}], "in this order"),
        (f"{FIRST}.grants", [{"collection": "customers", "access": ["drop"]}], "expected some of"),
        (f"{FIRST}.grants", [{"collection": "orders", "access": ["update"]}], "not among the pack's collections"),
        (f"{FIRST}.grants", [{"collection": "customers", "access": ["update"]}] * 2, "there twice"),
        ("predicate.migrations", [SECOND, SECOND], "1.1.0 does not come after 1.1.0"),
        ("predicate.migrations", [SECOND, {**SECOND, "version": "1.1"}], "1.1 does not come after 1.1.0"),
        ("predicate.migrations", [SECOND, {**SECOND, "version": "1.1rc1"}], "does not come after 1.1.0"),
    ],
)
def test_a_bad_member_is_named(place: str, value: object, where: str) -> None:
    with pytest.raises(ManifestMalformedError, match=where):
        parse_statement(spoilt(place, value))


@pytest.mark.parametrize("place", ["_type", "predicateType"])
def test_another_type_is_another_kind_of_statement(place: str) -> None:
    with pytest.raises(PayloadTypeMismatchError, match="other"):
        parse_statement(spoilt(place, "https://example.com/other"))


def members(value: object, place: str = "") -> list[tuple[str, str]]:
    """Return every member of every object in the statement, as (place of the object, name)."""
    if isinstance(value, list):
        return [pair for number, item in enumerate(value) for pair in members(item, f"{place}{number}.")]
    if not isinstance(value, dict):
        return []
    here = [(place, name) for name in value if place != "predicate.collections."]
    return here + [pair for name, item in value.items() for pair in members(item, f"{place}{name}.")]


def edited(place: str, edit: Callable[[dict], None]) -> bytes:
    made = json.loads(json.dumps(STATEMENT))
    node = made
    for part in place.split(".")[:-1]:
        node = node[int(part)] if isinstance(node, list) else node[part]
    edit(node)
    return json.dumps(made).encode()


@pytest.mark.parametrize(("place", "name"), members(STATEMENT))
def test_every_member_is_required_and_no_other_is_allowed(place: str, name: str) -> None:
    with pytest.raises(ManifestMalformedError, match=f"{name}' is missing"):
        parse_statement(edited(place, lambda node: node.pop(name)))
    with pytest.raises(ManifestMalformedError, match="'extra' is unknown"):
        parse_statement(edited(place, lambda node: node.update(extra=1)))


def test_grants_and_requirements_come_back() -> None:
    grants = (Grant(collection="customers", access=("create", "update")),)
    info = {"grants": grants, "depends_on": ("acme.core", "acme.x>=1,<2"), "schema": None, "atomic": True}
    from dataclasses import replace

    manifest = manifest_of(migrations=(replace(SPLIT_NAME, **info),))
    assert parse_statement(statement_bytes(manifest)) == manifest


def test_an_unacceptable_manifest_is_not_written() -> None:
    with pytest.raises(ManifestMalformedError):
        statement_bytes(manifest_of(FILES, pack="Acme"))


@pytest.mark.parametrize(
    "path", ["a", "a.py", "migrations/0001_add.py", "a/b/c/d/e/f", "x-1.0.0.json", "console.py", "_x"]
)
def test_paths_that_may_be_listed(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a\n", "no safe path"),
        ("a/b/c/d/e/f/g", "no safe path"),
        ("a" * 101, "no safe path"),
        ("A", "no safe path"),
        ("schemas/Customer.json", "no safe path"),
        ("schemas/caf\u00e9.json", "no safe path"),
        ("schemas/cafe\u0301.json", "no safe path"),
        (".git", "no safe path"),
        ("a/../b", "no safe path"),
        ("a.", "no safe path"),
        ("", "no safe path"),
        ("-a", "no safe path"),
        ("con.txt", "device name"),
        ("a/lpt1", "device name"),
        ("__pycache__/a.py", "compiled code"),
        ("a.pyc", "compiled code"),
        ("pack.dsse.json", "the envelope"),
    ],
)
def test_paths_that_may_not(path: str, words: str) -> None:
    assert words in (path_problem(path) or "")


def test_a_file_is_no_directory() -> None:
    assert tree_problem(["a/b/c", "a/b/d", "a.b"]) is None
    assert tree_problem(["a/b/c", "a/b"]) == "'a/b' is a file and a directory"
