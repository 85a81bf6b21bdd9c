"""What a locked worker does: compile one unit, then answer frames until the host closes its end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

from sealift.worker.failure import InvalidError
from sealift.worker.link import Link
from sealift.worker.protocol import (
    FINDINGS,
    Answers,
    Failed,
    Frame,
    Kind,
    ProtocolError,
    Result,
    encode_failed,
    split,
)

ANSWER_FRAMES = 4
"""How much longer than the frame of its request an answer may get before it is sent in parts."""
TOGETHER = 16
"""Documents that are decoded, transformed and encoded together: few enough to stay in the cache."""
_FACTS = 6
"""Parts of a UNIT frame before the sources."""
_CHARACTERS = 600
"""The longest text of a finding."""


Results = Iterable[Result]


class Unit(Protocol):
    """A compiled migration class."""

    @property
    def methods(self) -> frozenset[str]:
        """Names of its methods."""
        ...

    @property
    def plain(self) -> bool:
        """Whether its methods can only make JSON of JSON."""
        ...

    def call(self, method: str, argument: Any, /) -> object:
        """Call one of them."""
        ...

    def function(self, method: str, /) -> Callable[[Any], object]:
        """Return one of them, to be called often."""
        ...


class Codec(Protocol):
    """Documents as bytes to Python values and back."""

    def transform(self, raw: bytes, function: Callable[[dict[str, Any]], object], /) -> Any:
        """Return the new text, ``None`` when nothing changed, or an object with ``code``, ``message``, ``where``."""
        ...

    def transform_many(
        self, raws: Sequence[bytes], function: Callable[[dict[str, Any]], object], /, *, plain: bool
    ) -> Any:
        """Return what ``transform`` returns for each, ``...`` where it must be asked; ``None``: ask it for each."""
        ...


class Language(NamedTuple):
    """What the loop needs of the compiler; passed in, so that the cage can be tested without a language."""

    compile_unit: Callable[[Mapping[str, str], str, str], Unit]
    check_source: Callable[[str, str], Iterable[Any]]
    """Returns findings: ``path``, ``line``, ``column``, ``code``, ``message``, ``instead``."""
    codec: Callable[[int, int], Codec]
    refused: type[Exception]
    """Raised by ``compile_unit``, with the findings in ``findings``."""


class Order(NamedTuple):
    """The content of a UNIT frame."""

    path: str
    class_name: str
    direction: str
    depth: int
    document_bytes: int
    frame_bytes: int
    sources: Mapping[str, bytes]

    @classmethod
    def from_parts(cls, parts: Sequence[bytes]) -> "Order":
        """Read the parts that the host wrote."""
        facts, files = parts[:_FACTS], parts[_FACTS:]
        path, class_name, direction, depth, document_bytes, frame_bytes = (fact.decode("utf-8") for fact in facts)
        return cls(
            path=path,
            class_name=class_name,
            direction=direction,
            depth=int(depth),
            document_bytes=int(document_bytes),
            frame_bytes=int(frame_bytes),
            sources={name.decode("utf-8"): content for name, content in zip(files[::2], files[1::2], strict=True)},
        )


def serve(link: Link, language: Language) -> None:
    """Answer the host's frames; ends with HostGoneError when the host closes its end."""
    while True:
        frame = link.receive()
        match frame.kind:
            case Kind.CHECK:
                link.answer(Kind.REFUSED, frame.sequence, list(_check(frame, language)))
            case Kind.UNIT:
                Worker(link, language, Order.from_parts(split(frame.payload))).run(frame)
            case _:
                raise ProtocolError(got=frame.kind.name, expected="UNIT or CHECK")


def _check(frame: Frame, language: Language) -> Iterable[bytes]:
    texts = [part.decode("utf-8") for part in split(frame.payload)]
    files = zip(texts[::2], texts[1::2], strict=True)
    return finding_parts(finding for path, text in files for finding in language.check_source(path, text))


def finding_parts(findings: Iterable[Any]) -> Iterable[bytes]:
    """Return six parts for each finding, up to a limit."""
    for finding in islice(findings, FINDINGS):
        facts = (finding.path, finding.line, finding.column, finding.code, finding.message, finding.instead or "")
        yield from (str(fact)[:_CHARACTERS].encode("utf-8", "replace") for fact in facts)


class Worker:
    """One unit, for the rest of the process's life."""

    def __init__(self, link: Link, language: Language, order: Order) -> None:
        self._link = link
        self._language = language
        self._order = order
        self._codec = language.codec(order.depth, order.document_bytes)
        self._plain = False

    def run(self, frame: Frame) -> None:
        """Compile, report, and answer frames until the host is gone."""
        unit = self._compile(frame)
        function = _direction(unit, self._order.direction) if unit else None
        self._plain = unit is not None and unit.plain
        while unit and function:
            frame = self._link.receive()
            match frame.kind:
                case Kind.DOCUMENTS:
                    self._documents(frame, function)
                case Kind.HOOK:
                    self._hook(frame, unit)
                case _:
                    raise ProtocolError(got=frame.kind.name, expected="DOCUMENTS or HOOK")

    def _compile(self, frame: Frame) -> Unit | None:
        order = self._order
        try:
            sources = {name: content.decode("utf-8") for name, content in order.sources.items()}
            unit = self._language.compile_unit(sources, order.path, order.class_name)
        except self._language.refused as error:
            findings = list(finding_parts(error.findings))  # type: ignore[attr-defined]  # promised by Language
            self._link.answer(Kind.REFUSED, frame.sequence, findings)
        except Exception as error:  # noqa: BLE001 - whatever the source does to the compiler is the source's failure
            broken = Failed("not-compiled", f"{type(error).__name__}: {error}", order.path)
            self._link.answer(Kind.BROKEN, frame.sequence, [encode_failed(broken)])
        else:
            methods = sorted(method.encode("utf-8") for method in unit.methods)
            self._link.answer(Kind.COMPILED, frame.sequence, methods)
            return unit
        return None

    def _documents(self, frame: Frame, function: Callable[[dict[str, Any]], object]) -> None:
        """Answer in frames that stay small, whatever the documents grow to."""
        answers = Answers()
        most = ANSWER_FRAMES * self._order.frame_bytes
        raws = split(frame.payload)
        for first in range(0, len(raws), TOGETHER):
            some = raws[first : first + TOGETHER]
            outcomes = self._codec.transform_many(some, function, plain=self._plain)
            if outcomes.__class__ is list and answers.add_alike(outcomes, most):
                continue
            for result in self._singly(some, outcomes, function):
                answers.add(result)
                if answers.size > most:
                    self._link.write(answers.frame(frame.sequence))
                    answers = Answers()
        if len(answers):
            self._link.write(answers.frame(frame.sequence))

    def _singly(self, raws: Sequence[bytes], outcomes: Any, function: Callable[[dict[str, Any]], object]) -> Results:
        """Yield each result, asking again where the codec could not tell for all together."""
        if outcomes is None:
            return (self._one(raw, function) for raw in raws)
        pairs = zip(raws, outcomes, strict=True)
        return (self._one(raw, function) if one is ... else _result(one) for raw, one in pairs)

    def _one(self, raw: bytes, function: Callable[[dict[str, Any]], object]) -> Result:
        try:
            result = self._codec.transform(raw, function)
        except MemoryError:
            return Failed("memory", "the memory limit of the worker was reached", None)
        except Exception as error:  # noqa: BLE001 - whatever one document causes is that document's failure
            return Failed("raised", f"{type(error).__name__}: {error}", None)
        return _result(result)

    def _hook(self, frame: Frame, unit: Unit) -> None:
        name, facts = split(frame.payload)
        method = name.decode("utf-8")

        def run(document: dict[str, Any]) -> object:
            unit.call(method, document)
            return {}

        result = self._one(facts, run)
        if isinstance(result, Failed):
            self._link.answer(Kind.BROKEN, frame.sequence, [encode_failed(result)])
        else:
            self._link.answer(Kind.HOOKED, frame.sequence)


def _result(outcome: Any) -> Result:
    if outcome is None or outcome.__class__ is bytes:
        return outcome
    return Failed(outcome.code, outcome.message, outcome.where)


def _direction(unit: Unit, direction: str) -> Callable[[dict[str, Any]], object]:
    """Return what happens to a document; an upgraded document is shown to ``validate`` where the class has one."""
    if direction not in unit.methods:
        message = f"the class has no {direction}"
        raise ProtocolError(got=message, expected="a method of the class")
    if direction == "upgrade" and "validate" in unit.methods:
        return lambda document: _validated(unit, unit.call("upgrade", document))
    return unit.function(direction)


def _validated(unit: Unit, document: object) -> object:
    if isinstance(document, dict):
        try:
            unit.call("validate", document)
        except ValueError as error:
            raise InvalidError(*error.args) from error
    return document
