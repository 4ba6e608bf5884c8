"""People and their places in departments."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from opsloop.org import hooks
from opsloop.org.models import Department, Membership, Person, RoleAssignment
from opsloop.org.permissions import Permission, Role, require
from opsloop.org.refusals import CircularSuperior, DuplicateUsername, MainPlace

FIELDS: Final = ("username", "name", "employee_no", "email", "mobile", "superior_id")


@transaction.atomic
def create_person(
    *,
    username: str,
    name: str,
    department: Department,
    position: str = "",
    employee_no: str = "",
    email: str = "",
    mobile: str = "",
    superior: Person | None = None,
    by: Person | None,
    now: datetime,
) -> Person:
    """A person without a password, placed in a main department, with the role employee there.

    They sign in after a one-time link (`issue_link`). Raises `DuplicateUsername`.
    """
    require(by, Permission.ACCOUNT_EDIT, department)
    _refuse_duplicate(username)
    person = Person(
        username=username, name=name, employee_no=employee_no, email=email, mobile=mobile,
        superior=superior,
    )  # fmt: skip
    person.set_unusable_password()
    person.save()
    Membership.objects.create(person=person, department=department, position=position, is_main=True)
    RoleAssignment.objects.create(
        person=person, role=Role.EMPLOYEE, department=department, granted_by=by, granted_at=now
    )
    hooks.record(
        by=by, now=now, action="org.create_person", subject=person, department=department,
        changes={field: [None, getattr(person, field)] for field in FIELDS},
    )  # fmt: skip
    return person


@transaction.atomic
def edit_person(
    person: Person, *, superior: Person | None, by: Person | None, now: datetime, **fields: Any
) -> Person:
    """Change `username name employee_no email mobile` and the superior.

    Raises `DuplicateUsername`, `CircularSuperior`.
    """
    stored = Person.objects.select_for_update().get(pk=person.pk)
    require(by, Permission.ACCOUNT_EDIT, stored.main_department)
    _refuse_circle(stored, superior)
    if fields.get("username", stored.username) != stored.username:
        _refuse_duplicate(fields["username"])
    before = {field: getattr(stored, field) for field in FIELDS}
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.superior = superior
    stored.save(update_fields=["superior", *fields])
    hooks.record(
        by=by, now=now, action="org.edit_person", subject=stored,
        department=stored.main_department,
        changes=hooks.changed(before, {field: getattr(stored, field) for field in FIELDS}),
    )  # fmt: skip
    return stored


@transaction.atomic
def place_person(
    person: Person,
    *,
    department: Department,
    position: str = "",
    is_main: bool = False,
    by: Person | None,
    now: datetime,
) -> Membership:
    """Give a place in a department, or change the one there is; a new main place replaces the old."""
    require(by, Permission.ACCOUNT_EDIT, department)
    others = person.memberships.exclude(department=department)
    if is_main:
        others.update(is_main=False)
    place, _ = Membership.objects.update_or_create(
        person=person, department=department,
        defaults={"position": position, "is_main": not others.filter(is_main=True).exists()},
    )  # fmt: skip
    hooks.record(
        by=by, now=now, action="org.place_person", subject=person, department=department,
        changes={"department": department.pk, "position": position, "is_main": place.is_main},
    )  # fmt: skip
    return place


@transaction.atomic
def remove_place(place: Membership, *, by: Person | None, now: datetime) -> None:
    """Take a person out of a department. Raises `MainPlace` for their main one."""
    require(by, Permission.ACCOUNT_EDIT, place.department)
    if place.is_main:
        raise MainPlace
    hooks.record(
        by=by, now=now, action="org.remove_place", subject=place.person,
        department=place.department, changes={"department": [place.department_id, None]},
    )  # fmt: skip
    place.delete()


def _refuse_duplicate(username: str) -> None:
    if Person.objects.filter(username__iexact=username).exists():
        raise DuplicateUsername


def _refuse_circle(person: Person, superior: Person | None) -> None:
    """Walk up from the new superior; meeting the person means a circle."""
    seen: set[int] = set()
    while superior is not None and superior.pk not in seen:
        if superior.pk == person.pk:
            raise CircularSuperior
        seen.add(superior.pk)
        superior = superior.superior
