"""A scoped model cannot be read before somebody said whose view it is."""

import pytest
from django.db.models import Count

from opsloop.org.models import CalendarDay, Department, WorkCalendar
from opsloop.org.permissions import NotPermitted, Permission, Role, require
from opsloop.org.scoping import ScopedQuerySet, UnscopedRead
from tests.org.conftest import person

READS = {
    "iterate": list,
    "slice": lambda rows: list(rows[:1]),
    "get": lambda rows: rows.get(),
    "first": lambda rows: rows.first(),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "bool": bool,
    "aggregate": lambda rows: rows.aggregate(n=Count("pk")),
    "iterator": lambda rows: list(rows.iterator()),
    "values": lambda rows: list(rows.values("pk")),
    "in_bulk": lambda rows: rows.in_bulk(),
    "update": lambda rows: rows.update(name="x"),
    "delete": lambda rows: rows.delete(),
    "subquery": lambda rows: list(CalendarDay.objects.filter(calendar__in=rows)),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_an_unscoped_read_raises(read, company):
    WorkCalendar.objects.create(name="公司日历")
    with pytest.raises(UnscopedRead):
        read(WorkCalendar.objects.all())
    with pytest.raises(UnscopedRead):
        read(WorkCalendar.objects.filter(name="公司日历").order_by("name"))
    read(WorkCalendar.objects.unscoped("the test reads all rows"))


def test_a_reason_must_be_given(db):
    with pytest.raises(UnscopedRead):
        WorkCalendar.objects.unscoped("  ")


def test_scoping_a_copy_leaves_the_original_guarded(company):
    rows = WorkCalendar.objects.all()
    rows.unscoped("the test reads all rows")
    with pytest.raises(UnscopedRead):
        list(rows)


def test_rows_of_a_row_one_holds_pass(company):
    calendar = WorkCalendar.objects.create(name="销售日历", department=company.sales)
    CalendarDay.objects.create(calendar=calendar, day="2024-06-05")
    assert list(calendar.days.all())
    sales = Department.objects.prefetch_related("work_calendar").get(pk=company.sales.pk)
    assert sales.work_calendar == calendar
    calendar.name = "改名"
    calendar.save()
    calendar.refresh_from_db()
    assert calendar.name == "改名"


def test_a_department_sees_its_own_calendar_and_the_companys(company):
    everyone = WorkCalendar.objects.create(name="公司日历")
    own = WorkCalendar.objects.create(name="北区日历", department=company.north)
    other = WorkCalendar.objects.create(name="财务日历", department=company.finance)
    head = company.somebody(Role.DEPARTMENT_HEAD, company.sales)
    assert set(WorkCalendar.objects.visible_to(head)) == {everyone, own}
    boss = company.somebody(Role.EXECUTIVE)
    assert set(WorkCalendar.objects.visible_to(boss)) == {everyone, own, other}


def test_only_scoped_models_can_be_scoped(db):
    with pytest.raises(UnscopedRead):
        ScopedQuerySet(Department).visible_to(person("somebody"))


def test_a_permission_is_required_where_it_is_used(company):
    head = company.somebody(Role.DEPARTMENT_HEAD, company.sales)
    require(head, Permission.PROCESS_EDIT, company.north)
    require(None, Permission.PROCESS_EDIT)
    for department in (company.finance, company.top):
        with pytest.raises(NotPermitted):
            require(head, Permission.PROCESS_EDIT, department)
    with pytest.raises(NotPermitted):
        require(head, Permission.ROLE_GRANT)
