"""The parts a type is put together from, and what of them is looked at apart from the type: the patterns of texts.

A pattern inside a type costs a call for each text. Where a text has the same place in every document that has it, the
texts of many documents are one column, which is matched in one call.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from types import GenericAlias
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, defstruct, field

from sealift.execution.typed_patterns import lines_pattern, python_pattern

_Place = tuple[tuple[str, ...], str, str]
"""The attributes that lead to a text, its pattern, and the pattern of many of them, a line each."""


class Column:
    """The texts that many values have in one place, if they have them."""

    def __init__(self, place: Sequence[str], pattern: str, lines: str) -> None:
        self._steps = [attrgetter(name) for name in place]
        self._pattern = re.compile(pattern)
        self._lines = re.compile(lines)

    def holds(self, values: Sequence[Any]) -> bool:
        """Say whether every text matches."""
        for step in self._steps:
            values = [found for found in map(step, values) if found is not UNSET]
        lines = "\n".join((*values, ""))
        if lines.count("\n") == len(values):
            return self._lines.fullmatch(lines) is not None
        # Some have line breaks of their own, so that no line is certain to be a text.
        return all(map(self._pattern.search, values))


class Shape(ABC):
    """A part of a type."""

    @abstractmethod
    def type(self, *, apart: bool) -> Any:
        """Return the type; ``apart``: without the patterns of the texts in ``places``."""

    def places(self) -> Iterator[_Place]:
        """Yield the texts that have one place in all documents that have them."""
        return iter(())

    def learn(self, value: Any) -> None:  # noqa: B027 - most have nothing in them to learn
        """Take over the order in which a document has its members."""


class Members(Shape):
    """An object with named members, and the order in which documents have them so far."""

    def __init__(self, members: Mapping[str, Shape], required: frozenset[str]) -> None:
        self.members = members
        self.required = required
        self.order = list(members)

    def type(self, *, apart: bool) -> Any:
        """Return a Struct whose encoding has the members in this order; members beyond it are refused."""
        fields: list[Any] = []
        for at, name in enumerate(self.order):
            inner = self.members[name].type(apart=apart)
            if name in self.required:
                fields.append((f"m{at}", inner, field(name=name)))
            else:
                fields.append((f"m{at}", inner | UnsetType, field(name=name, default=UNSET)))
        return defstruct("Members", fields, forbid_unknown_fields=True, kw_only=True, gc=False)

    def places(self) -> Iterator[_Place]:
        """Yield the texts in the members, and in members of members."""
        for at, name in enumerate(self.order):
            for place, pattern, lines in self.members[name].places():
                yield (f"m{at}", *place), pattern, lines

    def learn(self, value: Any) -> None:
        """Take over the order of a document; members it lacks stay behind those they stood behind."""
        if type(value) is not dict or not value.keys() <= self.members.keys():
            return
        order = list(value)
        for at, name in enumerate(self.order):
            if name not in value:
                order.insert(order.index(self.order[at - 1]) + 1 if at else 0, name)
        self.order = order
        for name, inner in value.items():
            self.members[name].learn(inner)


class Items(Shape):
    """An array, or an object whose members have no names of their own."""

    def __init__(
        self, container: type[list[Any]] | type[dict[str, Any]], item: Shape, bounds: Mapping[str, Any]
    ) -> None:
        self._container = container
        self._item = item
        self._bounds = bounds

    def type(self, *, apart: bool) -> Any:
        """Return the type with its bounds; what is in it is nowhere the same."""
        del apart
        inner = self._item.type(apart=False)
        made: Any = GenericAlias(self._container, (str, inner) if self._container is dict else (inner,))
        return bounded(made, self._bounds)

    def learn(self, value: Any) -> None:
        """Show every item to the item's shape."""
        for item in value.values() if type(value) is dict else value if type(value) is list else ():
            self._item.learn(item)


class Choice(Shape):
    """One of several shapes that differ in their JSON type; with one shape, that."""

    def __init__(self, shapes: list[Shape]) -> None:
        self._shapes = shapes

    def type(self, *, apart: bool) -> Any:
        """Return the union."""
        first, *others = [shape.type(apart=apart and len(self._shapes) == 1) for shape in self._shapes]
        for other in others:
            first |= other
        return first

    def places(self) -> Iterator[_Place]:
        """Yield those of the shape, if there is only one."""
        return self._shapes[0].places() if len(self._shapes) == 1 else iter(())

    def learn(self, value: Any) -> None:
        """Let every shape look: each takes what is its own."""
        for shape in self._shapes:
            shape.learn(value)


class Text(Shape):
    """A string with a pattern. Raises UntypableError for one that is not plain."""

    def __init__(self, bounds: Mapping[str, Any], pattern: str) -> None:
        self._bounds = bounds
        self._pattern = python_pattern(pattern)
        self._lines = lines_pattern(pattern)

    def type(self, *, apart: bool) -> Any:
        """Return the type; ``apart``: without the pattern, which is then the column's to look at."""
        return bounded(str, self._bounds if apart else {**self._bounds, "pattern": self._pattern})

    def places(self) -> Iterator[_Place]:
        """Yield itself."""
        yield (), self._pattern, self._lines


class Plain(Shape):
    """A type with nothing in it to learn."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def type(self, *, apart: bool) -> Any:
        """Return it."""
        del apart
        return self._made


def type_and_columns(shape: Shape) -> tuple[Any, Sequence[Column]]:
    """Return the type of whole documents, and what else holds for all that a type is to prove."""
    return shape.type(apart=True), [Column(*place) for place in shape.places()]


def bounded(made: Any, bounds: Mapping[str, Any]) -> Any:
    """Return the type with these bounds, if there are any."""
    return Annotated[made, Meta(**bounds)] if bounds else made
