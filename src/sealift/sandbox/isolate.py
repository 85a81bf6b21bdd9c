"""Naming the document that ends a worker: the batch again, one document at a time."""

from collections.abc import Sequence

from sealift.errors.run import WorkerDiedError, WorkerTimeoutError
from sealift.model.batch import DocumentError
from sealift.model.limits import Limits
from sealift.ports import Cage, Outcome, Session, Unit

MOST_TIMEOUTS = 3
"""Documents of one batch that may use up their time: a thousand that hang must not take a thousand times as long."""


def repeat_singly(cage: Cage, unit: Unit, limits: Limits, documents: Sequence[bytes]) -> list[Outcome]:
    """Return one outcome a document, in order, whatever some of them do to their worker.

    A document that ends its worker has a DocumentError ``timeout``, ``memory`` or ``crashed``, and the next one
    starts in a new worker. A death that may be due to what came before is tried again in a fresh worker. After
    ``MOST_TIMEOUTS`` of ``timeout`` the documents that are left are not tried: they have the code ``not-tried``.
    Raises what is no document's fault, such as ProtocolViolationError.
    """
    outcomes: list[Outcome] = []
    session: Session | None = None
    fresh = True
    timeouts = 0
    try:
        while len(outcomes) < len(documents) and timeouts < MOST_TIMEOUTS:
            if session is None:
                session, fresh = cage.open(unit, limits), True
            try:
                outcomes.append(_single(session, documents[len(outcomes)]))
                fresh = False
            except (WorkerTimeoutError, WorkerDiedError) as error:
                session = None
                timeouts += isinstance(error, WorkerTimeoutError)
                if fresh or isinstance(error, WorkerTimeoutError):
                    outcomes.append(_blame(error))
    finally:
        if session:
            session.close()
    return outcomes + [_NOT_TRIED] * (len(documents) - len(outcomes))


def _single(session: Session, document: bytes) -> Outcome:
    session.send([document])
    return session.receive()[0]


_NOT_TRIED = DocumentError(
    code="not-tried", message=f"not tried: {MOST_TIMEOUTS} documents before it in this batch were not done in time"
)


def _blame(error: WorkerTimeoutError | WorkerDiedError) -> DocumentError:
    if isinstance(error, WorkerTimeoutError):
        return DocumentError(code="timeout", message=f"no answer within {error.seconds:g} s ({error.clock} clock)")
    end = error.signal or f"exit status {error.status}"
    text = "the memory limit was reached" if error.cause == "memory" else "the worker crashed"
    return DocumentError(code=error.cause, message=f"{text} ({end})")
