"""Writing what an hour of work costs."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from opsloop.audit.actions import record
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require
from opsloop.processes.models import Process


@transaction.atomic
def set_rates(
    *, process: Process, usual: Decimal | None, parties: Mapping[str, Decimal | None],
    by: Person | None, now: datetime,
) -> None:  # fmt: skip
    """The process's usual rate and those of single departments, in yuan; None takes a rate away.

    Raises NotPermitted.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    before = {rate.party: rate.yuan for rate in process.rates.all()}
    changes: dict[str, list[str | None]] = {}
    if process.hourly_rate != usual:
        changes["hourly_rate"] = [_text(process.hourly_rate), _text(usual)]
        process.hourly_rate = usual
        process.save(update_fields=["hourly_rate"])
    for party, yuan in parties.items():
        if before.get(party) == yuan:
            continue
        changes[party] = [_text(before.get(party)), _text(yuan)]
        if yuan is None:
            process.rates.filter(party=party).delete()
        else:
            process.rates.update_or_create(party=party, defaults={"yuan": yuan})
    if changes:
        record(
            by=by, now=now, action="processes.set_rates", subject=process, changes=changes,
            department=process.department,
        )  # fmt: skip


def _text(yuan: Decimal | None) -> str | None:
    return None if yuan is None else str(yuan)
