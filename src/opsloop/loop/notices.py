"""Whom the loop tells what: one function per audience, each message with its own key."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsloop.loop.models import Countermeasure, Deviation, SupportPromise
from opsloop.notify.actions import post
from opsloop.org.models import Person, RoleAssignment
from opsloop.org.permissions import GRANTS, Permission, Role

SUBJECTS: Final[dict[str, Promise]] = {
    "raised": _("A deviation is yours to confirm"),
    "recurred": _("A deviation came back and is reopened"),
    "verdict": _("A verdict was accepted"),
    "approval": _("Something waits for your approval"),
    "verification": _("A verdict waits for acceptance"),
    "countermeasure": _("A countermeasure is yours to carry out"),
    "support": _("Your support is asked for"),
}


def link_of(deviation: Deviation) -> str:
    return reverse("loop:detail", args=[deviation.pk])


def _send(
    people: Iterable[Person], kind: str, deviation: Deviation, *, body: str, key: str, now: datetime
) -> None:
    for person in people:
        post(
            to=person, kind=f"loop.{kind}", subject=SUBJECTS[kind], body=body,
            link=link_of(deviation), idempotency_key=f"{key}:{person.pk}", now=now,
        )  # fmt: skip


def to_owner(deviation: Deviation, kind: str, *, now: datetime) -> None:
    """Tell the owner; once per kind and version of the deviation."""
    assert deviation.owner is not None, "only a deviation without owner waits unseen"
    key = f"loop.{kind}:{deviation.pk}:{deviation.version}"
    _send([deviation.owner], kind, deviation, body=str(deviation), key=key, now=now)


def to_approvers(deviation: Deviation, *, now: datetime) -> None:
    """Tell those who approve in its department; one message a person, day and deviation."""
    people = holders(Permission.COUNTERMEASURE_APPROVE, deviation)
    key = f"loop.approval:{deviation.pk}:{now:%Y%m%d}"
    _send(people, "approval", deviation, body=str(deviation), key=key, now=now)


def to_verifiers(deviation: Deviation, *, now: datetime) -> None:
    """Tell those who may accept the verdict; once a round and day."""
    people = holders(Permission.VERDICT_ACCEPT, deviation)
    key = f"loop.verification:{deviation.pk}:{deviation.round}:{now:%Y%m%d}"
    _send(people, "verification", deviation, body=str(deviation), key=key, now=now)


def to_executor(countermeasure: Countermeasure, *, now: datetime) -> None:
    key = f"loop.countermeasure:{countermeasure.pk}"
    owner, deviation = countermeasure.owner, countermeasure.deviation
    _send([owner], "countermeasure", deviation, body=countermeasure.what, key=key, now=now)


def to_supporter(support: SupportPromise, *, now: datetime) -> None:
    deviation = support.countermeasure.deviation
    key = f"loop.support:{support.pk}"
    _send([support.person], "support", deviation, body=support.what, key=key, now=now)


def holders(permission: Permission, deviation: Deviation) -> QuerySet[Person]:
    """Active people whose role, in the department itself, grants the permission.

    Company-wide holders are left to their desk: a notice for every department would flood them.
    """
    roles = [role for role in Role if permission in GRANTS[role]]
    ids = [int(part) for part in deviation.department.path.split("/") if part]
    held = RoleAssignment.objects.filter(Q(department__in=ids), role__in=roles)
    return Person.objects.filter(pk__in=held.values("person"), is_active=True)
