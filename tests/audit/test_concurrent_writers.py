"""Two writers at once append one after the other: the chain never forks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from opsloop.audit.actions import record
from opsloop.audit.models import AuditEvent
from opsloop.audit.queries import verify_chain
from opsloop.org.models import Department
from tests.audit.test_chain import NOW


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite admits one writer at a time by itself"
)
def test_the_chain_never_forks():
    subject = Department.objects.create(name="销售部", code="sales")

    def write(_number: int) -> None:
        try:
            with transaction.atomic():
                record(by=None, now=NOW, action="org.edit", subject=subject)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(64)))
    assert AuditEvent.objects.values("previous_digest").distinct().count() == 64
    status = verify_chain()
    assert (status.whole, status.length) == (True, 64)
