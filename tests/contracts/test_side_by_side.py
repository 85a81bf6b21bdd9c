"""Two transactions of one lease at the same time: where a store allows them, they take turns at what they share."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from sealift.model.batch import DocumentError
from sealift.model.migration import Direction
from sealift.ports import QuarantinedDocument
from store_backends import leased, opened_backend


def aside(key):
    return QuarantinedDocument(
        number=0,
        run="a" * 32,
        pack="acme.orders",
        version="1.1.0",
        direction=Direction.UPGRADE,
        collection="orders",
        key=(key,),
        document=b"{}",
        error=DocumentError(code="raised", message="ValueError: no"),
        digest="sha256:0",
        at="2026-01-01T00:00:00Z",
    )


def test_numbers_of_the_quarantine_are_given_out_one_after_the_other(tmp_path, postgres):
    """The second runner waits for the first one's transaction, and then takes the number after its numbers."""
    with (
        opened_backend("postgresql", tmp_path, postgres) as backend,
        closing(backend.open()) as one,
        closing(one.beside()) as two,
        leased(one) as lease,
        ThreadPoolExecutor(1) as threads,
    ):
        entered = threading.Event()

        def second():
            with two.transaction(lease) as transaction:
                entered.set()
                transaction.set_aside(aside(2))

        with one.transaction(lease) as transaction:
            transaction.set_aside(aside(1))
            waiting = threads.submit(second)
            assert entered.wait(timeout=20)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result(timeout=20)
        assert [(item.number, item.key) for item in one.quarantined()] == [(1, (1,)), (2, (2,))]
