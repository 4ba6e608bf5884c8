"""What a person says about a line."""

from datetime import datetime

from django.db import transaction

from opsloop.audit.actions import changes_between, record
from opsloop.costs.actions.months import WrongState
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostPeriod, LineNote, PeriodState
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission, require


@transaction.atomic
def write_note(
    *,
    period: CostPeriod,
    line: LineKey,
    reason: str,
    controllable: str,
    lasting: str,
    department: Department,
    by: Person | None,
    now: datetime,
) -> LineNote:
    """Write or change what a person says about a line; `department` is where the line belongs.

    A locked month keeps its words as well as its figures: raises WrongState.
    """
    require(by, Permission.COST_EDIT, department)
    if period.state == PeriodState.LOCKED:
        raise WrongState(period.state)
    values = {"reason": reason.strip(), "controllable": controllable, "lasting": lasting}
    note = LineNote.objects.filter(period=period, **line._asdict()).first()
    before = {name: getattr(note, name) for name in values} if note else dict.fromkeys(values, "")
    if note is None:
        note = LineNote(period=period, **line._asdict())
    for name, value in values.items():
        setattr(note, name, value)
    note.written_by, note.written_at = by, now
    note.save()
    record(
        by=by, now=now, action="costs.note", subject=note, department=department,
        changes=changes_between(before, values),
    )  # fmt: skip
    return note
