"""Documents for a migration: generated from the schema before it, and those that the examples give."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from sealift.errors.config import MissingExtraError
from sealift.execution.bound_schema import bound_schema
from sealift.model.migration import MigrationInfo
from sealift.testing.bench import Bench
from sealift.testing.exact import write
from sealift.testing.failure import MigrationError
from sealift.testing.literals import Literal, literals_of
from sealift.testing.searching import Effort, search

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_DRAWN = 40
_SEEDS = 4
"""Documents whose values are replaced one by one."""
_MUTATIONS = 2
"""Values of a document that are replaced at most."""

Path = tuple[str | int, ...]


def has_hypothesis() -> bool:
    """Say whether documents can be generated here."""
    return find_spec("hypothesis") is not None


def require_hypothesis(purpose: str) -> None:
    """Raise MissingExtraError unless documents can be generated here."""
    if not has_hypothesis():
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

    @cached_property
    def literals(self) -> Mapping[type, Sequence[Literal]]:
        """The constants of the migration's source."""
        return literals_of(self.bench.files[self.info.path])

    def plain(self) -> "SearchStrategy[bytes]":
        """Return a Hypothesis strategy for documents that come from the schema, each held against it."""
        from sealift.testing.generation import documents

        assert self.schema is not None  # noqa: S101 - callers ask `schema` first
        return documents(bound_schema(self.bench.files, self.schema)).map(write).filter(self.fits)

    def drawn(self) -> Sequence[bytes]:
        """Return some documents of the schema, always the same ones; drawn once for all tests of the migration."""
        found = self.bench.drawn.setdefault(self.info.version, [])
        if not found:
            search(self.plain(), found.append, Effort(examples=_DRAWN).settings())
        return found

    def strategy(self) -> "SearchStrategy[bytes]":
        """Return a Hypothesis strategy for documents that satisfy the schema.

        Some come from the schema, some from the examples, and some of both with values replaced by constants that
        the migration's source compares with. Every one has been held against the schema itself.
        """
        from hypothesis import strategies as st

        made = self.plain() | st.sampled_from(self.known) if self.known else self.plain()

        @st.composite
        def document(draw: "DrawFn") -> bytes:
            text = draw(made)
            for _ in range(draw(st.integers(0, _MUTATIONS))):
                changed = _mutated(draw, json.loads(text), self.literals)
                text = changed if self.fits(changed) else text
            return text

        return document()

    def variants(self, seeds: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the seeds with every value in turn replaced by the usual suspects and every constant of the source.

        What happens for `if status == "archived"`, or for a blank at the end, must not depend on luck.
        """
        for seed in _diverse(seeds):
            for path, value in _leaves(json.loads(seed)):
                for replacement in self._suspects(value):
                    text = write(_replaced(json.loads(seed), path, replacement))
                    if self.fits(text):
                        yield text

    def _suspects(self, value: Any) -> Iterator[Any]:
        """Yield what is tried in the place of a value, where the schema lets it."""
        yield from _SUSPECTS.get(type(value), ())
        for constant in self.literals.get(type(value), ()):
            yield from _replacements(value, constant)

    def fits(self, text: bytes) -> bool:
        """Say whether a document satisfies the schema."""
        return self.bench.satisfies(self.schema, text)


_SUSPECTS: Mapping[type, Sequence[Any]] = MappingProxyType(
    {str: (" blanks ", "", "Zoë", "two words", "A-1"), int: (0, -1, 2**53 + 1), float: (0.5, -1.25, 1e16)}
)
"""Values that migrations trip over: blanks at the ends, nothing, other alphabets, signs, what a float cannot hold."""


def _diverse(seeds: Iterable[bytes]) -> Sequence[bytes]:
    """Return few documents that have, between them, every member that any of them has; the richest first."""
    shapes = {text: {_shape(path) for path, _ in _leaves(json.loads(text))} for text in seeds}
    chosen: list[bytes] = []
    covered: set[Path] = set()
    for text in sorted(shapes, key=lambda one: (-len(shapes[one]), len(one))):
        if not shapes[text] <= covered and len(chosen) < _SEEDS:
            chosen.append(text)
            covered |= shapes[text]
    return chosen


def _shape(path: Path) -> Path:
    return tuple("[]" if isinstance(step, int) else step for step in path)


def _replacements(value: object, constant: Literal) -> Sequence[Literal]:
    if isinstance(value, str) and isinstance(constant, str):
        return [constant, value + constant, constant + value, value + constant + value]
    return [constant]


def _replaced(document: Any, path: Path, value: Literal) -> Any:
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return document


def _mutated(draw: "DrawFn", document: Any, literals: Mapping[type, Sequence[Literal]]) -> bytes:
    """Replace one value by a constant of the source, or put a text constant into it."""
    from hypothesis import strategies as st

    leaves = [(path, value) for path, value in _leaves(document) if literals.get(type(value))]
    if not leaves:
        return write(document)
    path, value = draw(st.sampled_from(leaves))
    constant = draw(st.sampled_from(list(literals[type(value)])))
    return write(_replaced(document, path, draw(st.sampled_from(_replacements(value, constant)))))


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in pairs:
            yield from _leaves(item, (*path, name))
    else:
        yield path, value
