"""Reminders before and after a due day, and the superior two working days late (L-10).

Written as "scan and act": whatever became due since, however long the schedule was down, goes out
once; the key of a sent reminder makes a second one impossible.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.worktime import Calendar, add_workdays
from opsloop.audit.actions import record
from opsloop.loop.measuring import local_day
from opsloop.loop.models import Countermeasure, Deviation, Reminder, SupportPromise
from opsloop.loop.notices import link_of
from opsloop.loop.states import LIVE, OPEN
from opsloop.notify.actions import post
from opsloop.org.models import Department, Person
from opsloop.org.queries import calendar_for

ESCALATION: Final = 2
SUBJECTS: Final[dict[int, Promise]] = {
    -3: _("Due in three working days"),
    -1: _("Due on the next working day"),
    0: _("Due today"),
    1: _("One working day late"),
    ESCALATION: _("Two working days late: your report needs you"),
}


@dataclass(frozen=True)
class Duty:
    """Something somebody promised by a day."""

    key: str
    deviation: Deviation
    text: str
    person: Person
    department: Department
    since: date
    due_on: date


def send_due(*, now: datetime) -> int:
    """Send every reminder whose day has come and that has not gone out; returns how many."""
    today = local_day(now)
    calendars: dict[int, Calendar] = {}
    sent = 0
    for duty in _duties():
        place = duty.department
        if place.pk not in calendars:
            calendars[place.pk] = calendar_for(department=place)
        calendar = calendars[place.pk]
        for offset in SUBJECTS:
            day = add_workdays(calendar, duty.due_on, offset)
            # A reminder of a day before the promise was made would only be noise.
            if duty.since <= day <= today:
                sent += _send(duty, offset, now=now)
    return sent


def _duties() -> Iterator[Duty]:
    live = Countermeasure.objects.unscoped("the schedule serves the whole company").filter(
        status__in=LIVE, deviation__state__in=OPEN
    )
    for row in live.select_related(
        "deviation__metric", "owner__superior", "accountable_department"
    ).order_by("id"):
        assert row.approved_at is not None, "what is live was approved"
        yield Duty(
            f"countermeasure:{row.pk}", row.deviation, row.what, row.owner,
            row.accountable_department, local_day(row.approved_at), row.due_on,
        )  # fmt: skip
    promised = SupportPromise.objects.filter(
        promised_at__isnull=False, given_at__isnull=True, countermeasure__status__in=LIVE,
        countermeasure__deviation__state__in=OPEN,
    ).select_related("countermeasure__deviation__metric", "person__superior", "department")  # fmt: skip
    for support in promised.order_by("id"):
        assert support.promised_at is not None, "filtered above"
        yield Duty(
            f"support:{support.pk}", support.countermeasure.deviation, support.what,
            support.person, support.department, local_day(support.promised_at), support.due_on,
        )  # fmt: skip


@transaction.atomic
def _send(duty: Duty, offset: int, *, now: datetime) -> bool:
    """Send one reminder unless it went out before; an escalation goes to the superior."""
    to = duty.person.superior if offset == ESCALATION else duty.person
    if to is None:
        return False
    key = f"{duty.key}:{duty.due_on}:{offset:+d}"
    _reminder, is_new = Reminder.objects.get_or_create(
        key=key,
        defaults={
            "deviation": duty.deviation, "to": to, "due_on": duty.due_on, "offset": offset,
            "sent_at": now,
        },
    )  # fmt: skip
    if not is_new:
        return False
    post(
        to=to, kind="loop.reminder", subject=SUBJECTS[offset], body=duty.text,
        link=link_of(duty.deviation), idempotency_key=f"loop.reminder:{key}", now=now,
    )  # fmt: skip
    record(
        by=None, now=now, action="loop.remind", subject=_reminder, comment=key,
        department=duty.deviation.department,
    )  # fmt: skip
    return True
