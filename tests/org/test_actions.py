"""Every write of the organisation: what it refuses, and the line it leaves."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from opsloop.audit.models import AuditEvent
from opsloop.org import actions, refusals
from opsloop.org.models import Department, OneTimeLink, Person, RoleAssignment
from opsloop.org.permissions import NotPermitted, Permission, Role
from tests.org.conftest import NOW, give, person

GOOD = "铁观音-春茶-2024"


def lines() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_a_moved_branch_takes_everything_below_along(company):
    leaf = Department.objects.create(name="一组", code="n1", parent=company.north)
    actions.edit_department(
        company.north, name="北区", code="north", parent=company.finance, by=None, now=NOW
    )
    leaf.refresh_from_db()
    company.north.refresh_from_db()
    assert company.north.path == f"{company.finance.path}{company.north.pk}/"
    assert leaf.path == f"{company.north.path}{leaf.pk}/"
    assert leaf.lineage[-2:] == [company.north.pk, leaf.pk]
    assert lines() == ["org.edit_department"]


def test_a_department_cannot_lie_below_itself(company):
    for below in (company.sales, company.north):
        with pytest.raises(refusals.CircularDepartment):
            actions.edit_department(
                company.sales, name="销售部", code="sales", parent=below, by=None, now=NOW
            )
    assert lines() == []


def test_a_used_department_cannot_be_closed(company):
    person("wang", department=company.north)
    for department in (company.north, company.sales):
        with pytest.raises(refusals.DepartmentInUse):
            actions.edit_department(
                department, name="x", code=department.code, parent=department.parent,
                is_active=False, by=None, now=NOW,
            )  # fmt: skip


def test_codes_and_user_names_are_used_once(company):
    with pytest.raises(refusals.DuplicateCode):
        actions.create_department(name="又一个", code="sales", by=None, now=NOW)
    with pytest.raises(refusals.DuplicateCode):
        actions.edit_department(
            company.north, name="北区", code="sales", parent=company.sales, by=None, now=NOW
        )
    person("Wang")
    with pytest.raises(refusals.DuplicateUsername):
        actions.create_person(username="wang", name="王", department=company.top, by=None, now=NOW)


def test_a_new_person_is_placed_is_an_employee_and_has_no_password(company):
    wang = actions.create_person(
        username="wang", name="王芳", department=company.north, by=None, now=NOW
    )
    assert wang.main_department == company.north
    assert not wang.has_usable_password()
    assert wang.may(Permission.DESK_VIEW, company.north)
    assert not wang.may(Permission.DESK_VIEW, company.finance)
    assert lines() == ["org.create_person"]


def test_superiors_form_no_circle(company):
    chief = person("chief")
    middle = actions.edit_person(person("middle"), superior=chief, by=None, now=NOW)
    worker = actions.edit_person(person("worker"), superior=middle, by=None, now=NOW)
    for superior in (chief, worker):
        with pytest.raises(refusals.CircularSuperior):
            actions.edit_person(chief, superior=superior, by=None, now=NOW)
    renamed = actions.edit_person(worker, superior=chief, name="新名字", by=None, now=NOW)
    assert renamed.name == "新名字"


def test_a_person_has_one_main_place(company):
    wang = person("wang", department=company.north)
    actions.place_person(wang, department=company.finance, is_main=True, by=None, now=NOW)
    places = {place.department.code: place.is_main for place in wang.memberships.all()}
    assert places == {"north": False, "finance": True}
    actions.place_person(wang, department=company.finance, position="会计", by=None, now=NOW)
    main = wang.memberships.get(is_main=True)
    assert (main.department, main.position) == (company.finance, "会计")
    with pytest.raises(refusals.MainPlace):
        actions.remove_place(main, by=None, now=NOW)
    actions.remove_place(wang.memberships.get(is_main=False), by=None, now=NOW)
    assert wang.memberships.count() == 1


def test_only_the_security_administrator_grants_roles(company):
    security = company.somebody(Role.SECURITY_ADMIN)
    wang = person("wang")
    head = company.somebody(Role.DEPARTMENT_HEAD, company.sales)
    admin = company.somebody(Role.SYSTEM_ADMIN)
    for nobody in (head, admin):
        with pytest.raises(NotPermitted):
            actions.grant_role(person=wang, role=Role.EXECUTIVE, by=nobody, now=NOW)
    granted = actions.grant_role(
        person=wang, role=Role.DEPARTMENT_HEAD, department=company.north, by=security, now=NOW
    )
    again = actions.grant_role(
        person=wang, role=Role.DEPARTMENT_HEAD, department=company.north, by=security, now=NOW
    )
    assert again == granted
    assert lines() == ["org.grant_role"]
    actions.revoke_role(granted, by=security, now=NOW)
    assert not RoleAssignment.objects.filter(person=wang).exists()


def test_nobody_changes_their_own_roles(company):
    security = company.somebody(Role.SECURITY_ADMIN)
    with pytest.raises(refusals.OwnRole):
        actions.grant_role(person=security, role=Role.EMPLOYEE, by=security, now=NOW)
    with pytest.raises(refusals.OwnRole):
        actions.revoke_role(security.role_assignments.get(), by=security, now=NOW)


@pytest.mark.parametrize("held", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR])
@pytest.mark.parametrize("role", list(Role))
def test_administrators_hold_nothing_beside_it(held, role, company):
    """O-02: an administrator takes no other role, and nobody with a business role becomes one."""
    admin = give(person("admin"), held)
    if role is held:
        actions.grant_role(person=admin, role=role, by=None, now=NOW)
        return
    with pytest.raises(refusals.SeparationOfDuties):
        actions.grant_role(person=admin, role=role, by=None, now=NOW)
    if role is not Role.EMPLOYEE:
        with pytest.raises(refusals.SeparationOfDuties):
            actions.grant_role(person=give(person("other"), role), role=held, by=None, now=NOW)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR])
def test_who_becomes_an_administrator_gives_up_being_an_employee(role, company):
    somebody = give(person("somebody"), Role.EMPLOYEE)
    actions.grant_role(person=somebody, role=role, by=None, now=NOW)
    assert [row.role for row in somebody.role_assignments.all()] == [role]


def test_the_database_itself_separates_the_administrators(company):
    admin = give(person("admin"), Role.SYSTEM_ADMIN)
    with pytest.raises(IntegrityError), transaction.atomic():
        give(admin, Role.AUDITOR)


def test_the_first_system_administrator_appoints_the_others_once(company):
    admin = company.somebody(Role.SYSTEM_ADMIN)
    for role in (Role.SECURITY_ADMIN, Role.AUDITOR):
        first = actions.grant_role(person=person(f"{role}1"), role=role, by=admin, now=NOW)
        with pytest.raises(NotPermitted):
            actions.grant_role(person=person(f"{role}2"), role=role, by=admin, now=NOW)
        first.delete()  # even when nobody holds it any more
        with pytest.raises(NotPermitted):
            actions.grant_role(person=person(f"{role}3"), role=role, by=admin, now=NOW)
    with pytest.raises(NotPermitted):
        actions.grant_role(person=person("another"), role=Role.SYSTEM_ADMIN, by=admin, now=NOW)


def test_the_last_administrator_stays(company):
    first = company.somebody(Role.SECURITY_ADMIN)
    second = give(person("second"), Role.SECURITY_ADMIN)
    actions.lock_person(second, by=None, now=NOW)
    with pytest.raises(refusals.LastAdministrator):
        actions.lock_person(first, by=None, now=NOW)
    with pytest.raises(refusals.LastAdministrator):
        actions.revoke_role(first.role_assignments.get(), by=None, now=NOW)
    actions.unlock_person(second, by=None, now=NOW)
    actions.revoke_role(first.role_assignments.get(), by=None, now=NOW)
    assert lines() == ["org.lock_person", "org.unlock_person", "org.revoke_role"]


def test_a_link_sets_a_password_once_and_in_time(company):
    wang = person("wang", department=company.north)
    old = actions.issue_link(wang, by=None, now=NOW)
    token = actions.issue_link(wang, by=None, now=NOW)
    assert token not in str(OneTimeLink.objects.values_list("token_hash", flat=True))
    late = NOW + timedelta(hours=25)
    for used, when in ((old, NOW), (token, late), ("guess", NOW), ("", NOW)):
        with pytest.raises(refusals.LinkInvalid):
            actions.redeem_link(used, password=GOOD, now=when)
    with pytest.raises(ValidationError):
        actions.redeem_link(token, password="short", now=NOW)
    assert actions.redeem_link(token, password=GOOD, now=NOW) == wang
    wang.refresh_from_db()
    assert wang.check_password(GOOD)
    with pytest.raises(refusals.LinkInvalid):
        actions.redeem_link(token, password=GOOD, now=NOW)


def test_a_locked_person_gets_and_uses_no_link(company):
    wang = person("wang", department=company.north)
    token = actions.issue_link(wang, by=None, now=NOW)
    actions.lock_person(wang, by=None, now=NOW)
    with pytest.raises(refusals.LinkInvalid):
        actions.redeem_link(token, password=GOOD, now=NOW)
    with pytest.raises(refusals.LinkInvalid):
        actions.issue_link(wang, by=None, now=NOW)


def test_the_first_administrators_link_works_while_there_is_none(db):
    lost = actions.first_administrator_link(NOW)
    token = actions.first_administrator_link(NOW)
    with pytest.raises(refusals.LinkInvalid):
        actions.redeem_link(lost, password=GOOD, username="admin", name="管理员", now=NOW)
    admin = actions.redeem_link(token, password=GOOD, username="admin", name="管理员", now=NOW)
    assert Person.objects.get(pk=admin.pk).holds(Role.SYSTEM_ADMIN)
    with pytest.raises(refusals.AdministratorExists):
        actions.first_administrator_link(NOW)


def test_a_refused_writer_changes_nothing(company):
    """The stored and the resulting object are both checked before anything happens."""
    head = company.somebody(Role.DEPARTMENT_HEAD, company.sales)
    wang = person("wang", department=company.north)
    before = (Person.objects.count(), Department.objects.count(), OneTimeLink.objects.count())
    attempts: list[Callable[..., object]] = [
        partial(actions.create_department, name="x", code="x"),
        partial(actions.create_person, username="x", name="x", department=company.north),
        partial(actions.edit_person, wang, superior=None, name="x"),
        partial(actions.place_person, wang, department=company.finance),
        partial(actions.remove_place, wang.memberships.get()),
        partial(actions.issue_link, wang),
        partial(actions.lock_person, wang),
        partial(actions.unlock_person, wang),
        partial(actions.set_up_organisation, name="x"),
        partial(actions.edit_department, company.north, name="x", code="x", parent=None),
    ]
    for attempt in attempts:
        with pytest.raises(NotPermitted):
            attempt(by=head, now=NOW)
    assert before == (
        Person.objects.count(), Department.objects.count(), OneTimeLink.objects.count()
    )  # fmt: skip
    assert lines() == []


def test_the_organisation_is_one(company):
    actions.set_up_organisation(name="江南机械", mask_names=True, by=None, now=NOW)
    stored = actions.set_up_organisation(name="江南精工", by=None, now=NOW)
    assert (stored.name, stored.mask_names) == ("江南精工", True)
    assert AuditEvent.objects.latest("id").changes == {"name": ["江南机械", "江南精工"]}
