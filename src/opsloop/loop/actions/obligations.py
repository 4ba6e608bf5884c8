"""What a grade demands before closing: demanded, evidenced, or waived with an approval."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.audit.actions import record
from opsloop.loop.actions.moves import locked
from opsloop.loop.errors import Refused
from opsloop.loop.models import Deviation, Obligation
from opsloop.loop.states import DEMANDS, ObligationKind, Severity, State
from opsloop.org.models import Person
from opsloop.org.permissions import Permission


@transaction.atomic
def demand(
    deviation: Deviation,
    *,
    kinds: "tuple[ObligationKind, ...] | None" = None,
    due_on: date | None = None,
    by: Person | None,
    now: datetime,
) -> list[Obligation]:
    """Add the obligations of its grade (or `kinds`) that it lacks; returns the new ones."""
    wanted = DEMANDS[Severity(deviation.severity)] if kinds is None else kinds
    held = set(deviation.obligations.values_list("kind", flat=True))
    added = [
        Obligation.objects.create(
            deviation=deviation, kind=kind, required_by_severity=deviation.severity, due_on=due_on
        )
        for kind in wanted
        if kind not in held
    ]
    for obligation in added:
        record(
            by=by, now=now, action="loop.demand", subject=obligation,
            department=deviation.department,
        )  # fmt: skip
    return added


@transaction.atomic
def evidence_obligation(
    obligation: Obligation, *, evidence: str, by: Person, now: datetime
) -> Obligation:
    """Say where the proof is. By: owner of the deviation, or who may work in its department."""
    deviation = _still_open(obligation)
    if not (deviation.owner_id == by.pk or by.may(Permission.DEVIATION_WORK, deviation.department)):
        raise PermissionDenied
    if not evidence.strip():
        raise Refused(_("Say what was done and where the proof is."))
    Obligation.objects.filter(pk=obligation.pk).update(
        evidence=evidence, evidenced_by=by, evidenced_at=now
    )
    record(
        by=by, now=now, action="loop.evidence_obligation", subject=obligation, comment=evidence,
        department=deviation.department,
    )  # fmt: skip
    obligation.refresh_from_db()
    return obligation


@transaction.atomic
def waive_obligation(
    obligation: Obligation, *, reason: str, by: Person, now: datetime
) -> Obligation:
    """Approve closing without it. By: who approves countermeasures there, never its owner."""
    deviation = _still_open(obligation)
    if by.pk == deviation.owner_id:
        raise Refused(_("The owner cannot waive their own obligation."))
    if not by.may(Permission.COUNTERMEASURE_APPROVE, deviation.department):
        raise PermissionDenied
    if not reason.strip():
        raise Refused(_("Give a reason."))
    Obligation.objects.filter(pk=obligation.pk).update(waiver=reason, waived_by=by, waived_at=now)
    record(
        by=by, now=now, action="loop.waive_obligation", subject=obligation, comment=reason,
        department=deviation.department,
    )  # fmt: skip
    obligation.refresh_from_db()
    return obligation


def _still_open(obligation: Obligation) -> Deviation:
    deviation = locked(obligation.deviation)
    if not (deviation.is_open or deviation.state == State.RECORDED_ONLY) or obligation.is_met:
        raise Refused(_("This obligation is settled already."))
    return deviation
