"""Accepting a departure from the step table, and taking that back."""

from datetime import datetime

from django.db import transaction

from opsloop.audit.actions import record
from opsloop.org.models import Person
from opsloop.org.permissions import Permission, require
from opsloop.processes.models import AcceptedDeparture, Process


class AlreadyAccepted(ValueError):
    """The departure is accepted, or its acceptance revoked, already."""


@transaction.atomic
def accept_departure(
    *, process: Process, kind: str, step: str, other: str, reason: str, by: Person, now: datetime
) -> AcceptedDeparture:
    """Count a departure apart from now on. Raises NotPermitted, AlreadyAccepted; ValueError
    without a reason.
    """
    require(by, Permission.PROCESS_EDIT, process.department)
    if not reason.strip():
        raise ValueError("an acceptance has a reason")
    held = process.accepted_departures.filter(kind=kind, step=step, other=other, revoked_at=None)
    if held.exists():
        raise AlreadyAccepted
    made = AcceptedDeparture.objects.create(
        process=process, kind=kind, step=step, other=other, reason=reason.strip()[:300],
        accepted_by=by, accepted_at=now,
    )  # fmt: skip
    record(
        by=by, now=now, action="processes.accept_departure", subject=made,
        changes={"kind": [None, kind], "step": [None, step], "other": [None, other]},
        comment=made.reason, department=process.department,
    )  # fmt: skip
    return made


@transaction.atomic
def revoke_acceptance(
    *, acceptance: AcceptedDeparture, by: Person, now: datetime
) -> AcceptedDeparture:
    """Count the departure again. Raises NotPermitted, AlreadyAccepted when it is revoked."""
    require(by, Permission.PROCESS_EDIT, acceptance.process.department)
    if acceptance.revoked_at is not None:
        raise AlreadyAccepted
    acceptance.revoked_by, acceptance.revoked_at = by, now
    acceptance.save(update_fields=["revoked_by", "revoked_at"])
    record(
        by=by, now=now, action="processes.revoke_acceptance", subject=acceptance,
        changes={"step": [acceptance.step, None]}, department=acceptance.process.department,
    )  # fmt: skip
    return acceptance
