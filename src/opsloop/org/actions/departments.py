"""The organisation itself and its department tree."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from opsloop.org import hooks
from opsloop.org.models import Department, Organisation, Person
from opsloop.org.permissions import Permission, require
from opsloop.org.refusals import CircularDepartment, DepartmentInUse, DuplicateCode


@transaction.atomic
def set_up_organisation(*, by: Person | None, now: datetime, **fields: Any) -> Organisation:
    """Name, time zone, currency, masking; `is_demo` marks a database of the demo company."""
    require(by, Permission.ORG_EDIT)
    organisation = Organisation.current()
    before = _values(organisation, fields)
    for name, value in fields.items():
        setattr(organisation, name, value)
    organisation.save()
    hooks.record(
        by=by, now=now, action="org.set_up", subject=organisation,
        changes=hooks.changed(before, _values(organisation, fields)),
    )  # fmt: skip
    return organisation


@transaction.atomic
def create_department(
    *, name: str, code: str, parent: Department | None = None, by: Person | None, now: datetime
) -> Department:
    """Raises `DuplicateCode`."""
    require(by, Permission.ORG_EDIT, parent)
    if Department.objects.filter(code=code).exists():
        raise DuplicateCode
    department = Department.objects.create(name=name, code=code, parent=parent)
    hooks.record(
        by=by, now=now, action="org.create_department", subject=department, department=department,
        changes={"name": [None, name], "code": [None, code], "parent": [None, parent and parent.pk]},
    )  # fmt: skip
    return department


@transaction.atomic
def edit_department(
    department: Department,
    *,
    name: str,
    code: str,
    parent: Department | None,
    is_active: bool = True,
    by: Person | None,
    now: datetime,
) -> Department:
    """Rename, re-code, move or close a department.

    Raises `DuplicateCode`, `CircularDepartment`, or `DepartmentInUse` when it is closed while
    active people or departments remain in it.
    """
    stored = Department.objects.select_for_update().get(pk=department.pk)
    require(by, Permission.ORG_EDIT, stored)
    require(by, Permission.ORG_EDIT, parent)
    if Department.objects.filter(code=code).exclude(pk=stored.pk).exists():
        raise DuplicateCode
    if parent is not None and parent.path.startswith(stored.path):
        raise CircularDepartment
    if stored.is_active and not is_active and _is_used(stored):
        raise DepartmentInUse
    fields = ("name", "code", "parent_id", "is_active")
    before = {field: getattr(stored, field) for field in fields}
    stored.name, stored.code, stored.parent, stored.is_active = name, code, parent, is_active
    stored.save(update_fields=["name", "code", "parent", "is_active"])
    if before["parent_id"] != stored.parent_id:
        _move_branch(stored)
    hooks.record(
        by=by, now=now, action="org.edit_department", subject=stored, department=stored,
        changes=hooks.changed(before, {field: getattr(stored, field) for field in fields}),
    )  # fmt: skip
    return stored


def _is_used(department: Department) -> bool:
    below = Department.objects.below(department).exclude(pk=department.pk).filter(is_active=True)
    return below.exists() or department.memberships.filter(person__is_active=True).exists()


def _move_branch(department: Department) -> None:
    """Give the department and all below it the paths of their new place."""
    old = department.path
    department.path = f"{department.parent.path if department.parent else '/'}{department.pk}/"
    Department.objects.filter(path__startswith=old).update(
        path=Concat(Value(department.path), Substr(F("path"), len(old) + 1))
    )


def _values(organisation: Organisation, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(organisation, name) for name in fields}
