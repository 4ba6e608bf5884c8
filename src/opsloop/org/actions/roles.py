"""Who grants which role: the security administrator, and once each the first system administrator."""

from datetime import datetime

from django.db import transaction

from opsloop.org import hooks
from opsloop.org.models import Department, Organisation, Person, RoleAssignment
from opsloop.org.permissions import ADMINISTRATORS, Permission, Role, require
from opsloop.org.refusals import LastAdministrator, OwnRole, SeparationOfDuties


@transaction.atomic
def grant_role(
    *,
    person: Person,
    role: Role,
    department: Department | None = None,
    by: Person | None,
    now: datetime,
) -> RoleAssignment:
    """Give a role in a department and all below it, or (None) in the whole company.

    Raises `NotPermitted`, `OwnRole`, `SeparationOfDuties`. A role already held there stays as it is.
    """
    _require_granting(by, role)
    if by is not None and by.pk == person.pk:
        raise OwnRole
    # Two grants to one person at once would each miss the other's row.
    person = Person.objects.select_for_update().get(pk=person.pk)
    held = {Role(row.role) for row in person.role_assignments.all()}
    _refuse_mixture(held, role)
    scope = None if role in ADMINISTRATORS else department
    if role in ADMINISTRATORS:
        person.role_assignments.filter(role=Role.EMPLOYEE).delete()
    assignment, is_new = RoleAssignment.objects.get_or_create(
        person=person, role=role, department=scope,
        defaults={"granted_by": by, "granted_at": now},
    )  # fmt: skip
    if is_new:
        hooks.record(
            by=by, now=now, action="org.grant_role", subject=person, department=scope,
            changes={"role": [None, role.value], "department": [None, scope and scope.pk]},
        )  # fmt: skip
    return assignment


@transaction.atomic
def revoke_role(assignment: RoleAssignment, *, by: Person | None, now: datetime) -> None:
    """Take a role away. Raises `NotPermitted`, `OwnRole`, `LastAdministrator`."""
    require(by, Permission.ROLE_GRANT)
    if by is not None and by.pk == assignment.person_id:
        raise OwnRole
    role = Role(assignment.role)
    if role in ADMINISTRATORS and is_last_holder(assignment.person, role):
        raise LastAdministrator
    hooks.record(
        by=by, now=now, action="org.revoke_role", subject=assignment.person,
        department=assignment.department,
        changes={"role": [role.value, None], "department": [assignment.department_id, None]},
    )  # fmt: skip
    assignment.delete()


def is_last_holder(person: Person, role: Role) -> bool:
    """Is `person` the only active one with this role?"""
    holders = RoleAssignment.objects.select_for_update().filter(role=role, person__is_active=True)
    return set(holders.values_list("person_id", flat=True)) == {person.pk}


def _require_granting(by: Person | None, role: Role) -> None:
    """The security administrator grants; the system administrator appoints the first of each other.

    Each of the two appointments is open once in the life of the install, and only while nobody
    holds that role.
    """
    if by is None or by.may(Permission.ROLE_GRANT):
        return
    if role in {Role.SECURITY_ADMIN, Role.AUDITOR} and by.holds(Role.SYSTEM_ADMIN):
        Organisation.objects.get_or_create(pk=Organisation.ONLY)
        organisation = Organisation.objects.select_for_update().get(pk=Organisation.ONLY)
        taken = RoleAssignment.objects.filter(role=role).exists()
        if not taken and role.value not in organisation.first_appointments:
            organisation.first_appointments = [*organisation.first_appointments, role.value]
            organisation.save(update_fields=["first_appointments"])
            return
    require(by, Permission.ROLE_GRANT)


def _refuse_mixture(held: set[Role], role: Role) -> None:
    """Administrators are separate from each other and from every business role.

    The role everybody starts with is no obstacle: who becomes an administrator gives it up.
    """
    others = held - {role}
    if role in ADMINISTRATORS:
        others -= {Role.EMPLOYEE}
    if (others | {role}) & ADMINISTRATORS and others:
        raise SeparationOfDuties
