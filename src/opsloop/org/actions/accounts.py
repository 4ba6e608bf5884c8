"""One-time links instead of default passwords; locking and unlocking an account."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext as _

from opsloop.org import hooks
from opsloop.org.actions.people import create_person
from opsloop.org.actions.roles import grant_role, is_last_holder
from opsloop.org.models import Department, OneTimeLink, Person, RoleAssignment, token_hash
from opsloop.org.permissions import ADMINISTRATORS, Permission, Role, require
from opsloop.org.refusals import AdministratorExists, LastAdministrator, LinkInvalid

LINK_LIFE: Final = timedelta(hours=24)
Purpose = OneTimeLink.Purpose


@transaction.atomic
def issue_link(person: Person, *, by: Person | None, now: datetime) -> str:
    """A token with which the person sets a password within a day; earlier links end.

    Shown once to the administrator, kept only as a hash. Raises `LinkInvalid` for a locked account.
    """
    require(by, Permission.ACCOUNT_EDIT, person.main_department)
    if not person.is_active:
        raise LinkInvalid
    person.one_time_links.filter(used_at=None).update(used_at=now)
    token = _new_link(Purpose.SET_PASSWORD, person=person, by=by, now=now)
    hooks.record(by=by, now=now, action="org.issue_link", subject=person)
    return token


@transaction.atomic
def first_administrator_link(now: datetime) -> str:
    """The token that makes the first system administrator. Raises `AdministratorExists`."""
    if RoleAssignment.objects.filter(role=Role.SYSTEM_ADMIN).exists():
        raise AdministratorExists
    OneTimeLink.objects.filter(purpose=Purpose.FIRST_ADMINISTRATOR, used_at=None).update(
        used_at=now
    )
    return _new_link(Purpose.FIRST_ADMINISTRATOR, person=None, by=None, now=now)


@transaction.atomic
def redeem_link(
    token: str, *, password: str, username: str = "", name: str = "", now: datetime
) -> Person:
    """Set the password; the first administrator's link also makes that person.

    Raises `LinkInvalid`, `AdministratorExists`, and Django's `ValidationError` for a weak password.
    """
    link = OneTimeLink.objects.select_for_update().filter(token_hash=token_hash(token)).first()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise LinkInvalid
    person = link.person or _first_administrator(username=username, name=name, now=now)
    if not person.is_active:
        raise LinkInvalid
    validate_password(password, user=person)
    person.set_password(password)
    person.save(update_fields=["password"])
    link.used_at = now
    link.save(update_fields=["used_at"])
    hooks.record(by=person, now=now, action="org.redeem_link", subject=person)
    return person


@transaction.atomic
def lock_person(person: Person, *, by: Person | None, now: datetime) -> None:
    """No sign-in from the next request on. Raises `LastAdministrator`."""
    require(by, Permission.ACCOUNT_EDIT, person.main_department)
    for assignment in person.assignments:
        role = Role(assignment.role)
        if role in ADMINISTRATORS and is_last_holder(person, role):
            raise LastAdministrator
    _set_active(person, is_active=False, by=by, now=now)


@transaction.atomic
def unlock_person(person: Person, *, by: Person | None, now: datetime) -> None:
    require(by, Permission.ACCOUNT_EDIT, person.main_department)
    _set_active(person, is_active=True, by=by, now=now)


def _set_active(person: Person, *, is_active: bool, by: Person | None, now: datetime) -> None:
    if person.is_active == is_active:
        return
    person.is_active = is_active
    person.save(update_fields=["is_active"])
    hooks.record(
        by=by, now=now, action="org.unlock_person" if is_active else "org.lock_person",
        subject=person, changes={"is_active": [not is_active, is_active]},
    )  # fmt: skip


def _new_link(
    purpose: OneTimeLink.Purpose, *, person: Person | None, by: Person | None, now: datetime
) -> str:
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        purpose=purpose, person=person, token_hash=token_hash(token), issued_by=by, issued_at=now,
        expires_at=now + LINK_LIFE,
    )  # fmt: skip
    return token


def _first_administrator(*, username: str, name: str, now: datetime) -> Person:
    if RoleAssignment.objects.filter(role=Role.SYSTEM_ADMIN).exists():
        raise AdministratorExists
    top = Department.objects.filter(parent=None).first() or Department.objects.create(
        name=_("Company"), code="company"
    )
    person = create_person(username=username, name=name, department=top, by=None, now=now)
    grant_role(person=person, role=Role.SYSTEM_ADMIN, by=None, now=now)
    return person
