"""The to-be table: copied from the as-is, edited, handed in, decided on, published (P-A16)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from opsloop.audit.actions import record
from opsloop.notify.actions import post
from opsloop.org.models import Department, Person
from opsloop.org.permissions import NotPermitted, Permission, require
from opsloop.processes.gate import gate
from opsloop.processes.models import (
    EDITABLE,
    DeletionOverride,
    Process,
    ProcessVersion,
    Step,
    VersionKind,
    VersionState,
)

_COPIED = (
    "position", "name", "activity", "role", "inputs", "outputs", "form_or_system", "minutes",
    "limit_hours", "return_rate", "sources", "interview", "is_optional", "parallel_group", "may_return_to",
    "from_amount", "hand_fields", "accountable", "consulted", "informed",
)  # fmt: skip


class WrongState(Exception):
    """The version is not where this can be done."""


class GateClosed(Exception):
    """Steps were left out without evidence and without a signature; `steps` names them."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        super().__init__(", ".join(steps))
        self.steps = steps


class OwnSubmission(Exception):
    """Somebody else must decide on what one handed in."""


@transaction.atomic
def copy_as_is(*, process: Process, by: Person, now: datetime) -> ProcessVersion:
    """A new to-be draft with every step of the as-is table. Raises NotPermitted."""
    require(by, Permission.PROCESS_EDIT, process.department)
    as_is = process.as_is
    last = process.versions.filter(kind=VersionKind.TO_BE).aggregate(last=Max("number"))["last"]
    version = ProcessVersion.objects.create(
        process=process, kind=VersionKind.TO_BE, number=(last or 0) + 1,
        state=VersionState.DRAFT, made_by=by, made_at=now,
    )  # fmt: skip
    Step.objects.bulk_create(
        Step(version=version, origin=step, **{name: getattr(step, name) for name in _COPIED})
        for step in as_is.steps.all()
    )
    _record("processes.draft", version, by, now)
    return version


@transaction.atomic
def sign_deletion(
    *, version: ProcessVersion, step: str, reason: str, by: Person, now: datetime
) -> DeletionOverride:
    """The process owner takes it upon himself that a step goes without evidence (P-N7)."""
    if version.process.owner_id != by.pk:
        raise NotPermitted(f"{by.username} does not own the process")
    _held(version, EDITABLE)
    signed, _made = DeletionOverride.objects.unscoped("the version handed in").update_or_create(
        version=version, step=step,
        defaults={"reason": reason.strip(), "signed_by": by, "signed_at": now},
    )  # fmt: skip
    _record("processes.sign_deletion", version, by, now, comment=f"{step}: {signed.reason}")
    return signed


@transaction.atomic
def submit(*, version: ProcessVersion, by: Person, now: datetime) -> ProcessVersion:
    """Hand the table in for approval. Raises NotPermitted, WrongState, GateClosed."""
    require(by, Permission.PROCESS_EDIT, version.process.department)
    held = _held(version, EDITABLE)
    if missing := tuple(line.step for line in gate(held) if not line.is_open):
        raise GateClosed(missing)
    held.state, held.submitted_by, held.submitted_at = VersionState.SUBMITTED, by, now
    held.decided_by = held.decided_at = None
    held.save()
    _record("processes.submit", held, by, now)
    return held


@transaction.atomic
def decide(
    *, version: ProcessVersion, approve: bool, comment: str, by: Person, now: datetime
) -> ProcessVersion:
    """Approve the table, or send it back with a comment. Raises NotPermitted, OwnSubmission."""
    require(by, Permission.COUNTERMEASURE_APPROVE, version.process.department)
    held = _held(version, (VersionState.SUBMITTED,))
    if held.submitted_by_id == by.pk:
        raise OwnSubmission
    held.state = VersionState.APPROVED if approve else VersionState.REJECTED
    held.decided_by, held.decided_at, held.comment = by, now, comment.strip()
    held.save()
    action = "processes.approve" if approve else "processes.send_back"
    _record(action, held, by, now, comment=held.comment)
    return held


@transaction.atomic
def publish(*, version: ProcessVersion, by: Person, now: datetime) -> ProcessVersion:
    """Make the approved table the one that holds, and tell its departments' people."""
    process = version.process
    require(by, Permission.PROCESS_EDIT, process.department)
    held = _held(version, (VersionState.APPROVED,))
    process.versions.filter(kind=VersionKind.TO_BE, state=VersionState.PUBLISHED).update(
        state=VersionState.RETIRED
    )
    held.state = VersionState.PUBLISHED
    held.save(update_fields=["state"])
    _record("processes.publish", held, by, now)
    for person in _staff([process.department, *process.co_departments.all()]):
        post(
            to=person, kind="processes.published", now=now,
            subject=_("A process you take part in has a new version"),
            body=f"{process.name} · V{held.number}",
            link=reverse("processes:design", args=[process.pk, held.pk]),
            idempotency_key=f"process-{held.pk}-{person.pk}",
        )  # fmt: skip
    return held


def _staff(departments: list[Department]) -> list[Person]:
    members = Person.objects.filter(memberships__department__in=departments, is_active=True)
    return list(members.distinct())


def _held(version: ProcessVersion, states: tuple[VersionState, ...]) -> ProcessVersion:
    versions = ProcessVersion.objects.unscoped("locks the version handed in")
    held = versions.select_for_update().get(pk=version.pk, kind=VersionKind.TO_BE)
    if held.state not in states:
        raise WrongState(held.state)
    return held


def _record(
    action: str, version: ProcessVersion, by: Person, now: datetime, comment: str = ""
) -> None:
    record(
        by=by, now=now, action=action, subject=version, comment=comment,
        department=version.process.department,
    )  # fmt: skip
