"""What drivers say, as the errors of stores: by number and words where they have no state."""

import pytest
from sqlalchemy import exc

from sealift.errors.store_documents import DocumentRefusedError
from sealift.errors.store_running import StoreBusyError, StoreFailedError
from sealift.stores.portable_connection import portable_error

CHECK = exc.OperationalError("UPDATE", {}, Exception(4025, "CONSTRAINT `t.d` failed"))


@pytest.mark.parametrize("number", [1644, 3819, 4025])
def test_a_check_of_mysql_refuses_a_document(number):
    error = exc.OperationalError("UPDATE", {}, Exception(number, "no"))
    assert isinstance(portable_error(error, "mysql://", "docs"), DocumentRefusedError)


def test_outside_of_documents_it_is_a_failure():
    assert type(portable_error(CHECK, "mysql://")) is StoreFailedError


def test_another_number_is_no_refusal():
    error = exc.OperationalError("UPDATE", {}, Exception(1213, "Deadlock found"))
    assert isinstance(portable_error(error, "mysql://", "docs"), StoreBusyError)
