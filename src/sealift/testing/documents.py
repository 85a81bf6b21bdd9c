"""Documents for a migration: generated from the schema before it, and those that the examples give."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from sealift.errors.config import MissingExtraError
from sealift.model.migration import MigrationInfo
from sealift.testing.bench import Bench
from sealift.testing.conjunction import bound_schema
from sealift.testing.exact import write
from sealift.testing.failure import MigrationError
from sealift.testing.literals import Literal, literals_of

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_MUTATIONS = 2
"""Values of a document that are replaced at most."""

Path = tuple[str | int, ...]


def require_hypothesis(purpose: str) -> None:
    """Raise MissingExtraError unless documents can be generated here."""
    if find_spec("hypothesis") is None:
        raise MissingExtraError(purpose=purpose, extra="testing")


def known_documents(bench: Bench, info: MigrationInfo) -> list[bytes]:
    """Return the documents of the examples as they are right before a migration, each once."""
    subject, before = bench.subject, bench.subject.before(info)
    found: dict[bytes, None] = {}
    for example in subject.project.examples:
        if example.collection != info.collection:
            continue
        if Version(example.from_version) <= Version(before):
            steps = subject.way(example.from_version, before, info.collection)
            try:
                found[bench.travel(write(example.before), steps)] = None
            except MigrationError:
                continue  # the test of the examples tells of it
        if Version(example.to_version) == Version(before):
            found[write(example.after)] = None
    return list(found)


@dataclass(frozen=True, kw_only=True)
class Documents:
    """Where the documents before a migration come from."""

    bench: Bench
    info: MigrationInfo
    known: Sequence[bytes]

    @classmethod
    def before(cls, bench: Bench, info: MigrationInfo) -> "Documents":
        """Return the documents as they are right before a migration."""
        return cls(bench=bench, info=info, known=known_documents(bench, info))

    @property
    def schema(self) -> str | None:
        """The schema that all of them satisfy."""
        return self.bench.subject.schema_before(self.info)

    def strategy(self) -> "SearchStrategy[bytes]":
        """Return a Hypothesis strategy for documents that satisfy the schema.

        Some come from the schema, some from the examples, and some of both with values replaced by constants that
        the migration's source compares with. Every one has been held against the schema itself.
        """
        from hypothesis import strategies as st

        from sealift.testing.generation import documents

        assert self.schema is not None  # noqa: S101 - callers ask `schema` first
        made = documents(bound_schema(self.bench.files, self.schema))
        if self.known:
            made = made | st.sampled_from([json.loads(text) for text in self.known])
        literals = literals_of(self.bench.files[self.info.path])

        @st.composite
        def document(draw: "DrawFn") -> bytes:
            text = write(draw(made))
            for _ in range(draw(st.integers(0, _MUTATIONS))):
                changed = _mutated(draw, json.loads(text), literals)
                text = changed if self.fits(changed) else text
            return text

        return document().filter(self.fits)

    def fits(self, text: bytes) -> bool:
        """Say whether a document satisfies the schema."""
        return self.bench.satisfies(self.schema, text)


def _mutated(draw: "DrawFn", document: Any, literals: Mapping[type, Sequence[Literal]]) -> bytes:
    """Replace one value by a constant of the source, or put a text constant into it."""
    from hypothesis import strategies as st

    leaves = [path for path, value in _leaves(document) if literals.get(type(value))]
    if not leaves:
        return write(document)
    *way, last = draw(st.sampled_from(leaves))
    holder = document
    for step in way:
        holder = holder[step]
    value = holder[last]
    constant = draw(st.sampled_from(list(literals[type(value)])))
    choices = [constant]
    if isinstance(value, str) and isinstance(constant, str):
        choices += [value + constant, constant + value, value + constant + value]
    holder[last] = draw(st.sampled_from(choices))
    return write(document)


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in pairs:
            yield from _leaves(item, (*path, name))
    else:
        yield path, value
