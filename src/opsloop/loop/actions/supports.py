"""What other departments give, in numbers: asked for, promised, given."""

from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.audit.actions import record
from opsloop.loop import notices
from opsloop.loop.actions.moves import locked
from opsloop.loop.calendar import next_workday
from opsloop.loop.errors import Refused
from opsloop.loop.models import Countermeasure, SupportPromise
from opsloop.loop.states import LIVE, CountermeasureStatus
from opsloop.org.models import Department, Membership, Person
from opsloop.org.permissions import Permission
from opsloop.org.queries import calendar_for


@transaction.atomic
def ask_support(
    countermeasure: Countermeasure,
    *,
    department: Department,
    person: Person,
    what: str,
    amount: Decimal,
    unit: str,
    due_on: date,
    by: Person,
    now: datetime,
) -> SupportPromise:
    """Ask a person of another department for a quantified support; a day off moves to a workday.

    By: the countermeasure's owner, or who may work in the deviation's department.
    """
    deviation = locked(countermeasure.deviation)
    stored = deviation.countermeasures.get(pk=countermeasure.pk)
    if stored.owner_id != by.pk and not by.may(Permission.DEVIATION_WORK, deviation.department):
        raise PermissionDenied
    if stored.status not in (CountermeasureStatus.PROPOSED, *LIVE):
        raise Refused(_("It is finished or cancelled."))
    if not what.strip() or not unit.strip() or amount <= 0:
        raise Refused(_("Say what support, how much of it, and in which unit."))
    if not Membership.objects.filter(person=person, department=department).exists():
        raise Refused(_("The supporter must belong to the supporting department."))
    asked = SupportPromise.objects.create(
        countermeasure=stored, department=department, person=person, what=what.strip(),
        amount=amount, unit=unit.strip(), asked_by=by,
        due_on=next_workday(calendar_for(department=department), due_on),
    )  # fmt: skip
    record(
        by=by, now=now, action="loop.ask_support", subject=asked, department=deviation.department
    )
    notices.to_supporter(asked, now=now)
    return asked


@transaction.atomic
def promise_support(support: SupportPromise, *, by: Person, now: datetime) -> SupportPromise:
    """Say yes. By: the person asked, or the head of the supporting department."""
    return _answer(support, "promised_at", by=by, now=now)


@transaction.atomic
def give_support(support: SupportPromise, *, by: Person, now: datetime) -> SupportPromise:
    """It was given. By: as `promise_support`; it must have been promised."""
    return _answer(support, "given_at", by=by, now=now)


def _answer(support: SupportPromise, column: str, *, by: Person, now: datetime) -> SupportPromise:
    deviation = locked(support.countermeasure.deviation)
    stored = SupportPromise.objects.select_for_update().get(pk=support.pk)
    if stored.person_id != by.pk and not by.may(Permission.DEVIATION_CONFIRM, stored.department):
        raise PermissionDenied
    is_promise = column == "promised_at"
    if getattr(stored, column) is not None or (not is_promise and stored.promised_at is None):
        raise Refused(_("This support was answered already."))
    if not deviation.is_open:
        raise Refused(_("It is closed."))
    setattr(stored, column, now)
    stored.save(update_fields=[column])
    action = "loop.promise_support" if is_promise else "loop.give_support"
    record(by=by, now=now, action=action, subject=stored, department=deviation.department)
    return stored
