"""Working calendars, published arrangements and leave; every change recomputes what depends on it."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from opsloop.analysis.worktime import BadSessions, Calendar, Sessions, check_sessions
from opsloop.org import hooks
from opsloop.org.hooks import Moved
from opsloop.org.models import (
    CalendarDay,
    Department,
    Leave,
    Person,
    PublishedYear,
    WorkCalendar,
    stored_sessions,
)
from opsloop.org.permissions import NotPermitted, Permission, require
from opsloop.org.published import PublishedDay
from opsloop.org.refusals import BadCalendar


@transaction.atomic
def define_calendar(
    *,
    department: Department | None,
    name: str,
    weekly: tuple[Sessions, ...],
    follows_company: bool = True,
    by: Person | None,
    now: datetime,
) -> tuple[WorkCalendar, list[Moved]]:
    """Set the week of the company (None) or of a department. Raises `BadCalendar`."""
    require_scope(by, department)
    try:
        Calendar(weekly=weekly)
    except BadSessions as problem:
        raise BadCalendar from problem
    rows = WorkCalendar.objects.unscoped("the department was checked above")
    week = [stored_sessions(sessions) for sessions in weekly]
    before = rows.filter(department=department).first()
    calendar, _ = rows.update_or_create(
        department=department,
        defaults={"name": name, "weekly": week, "follows_company": follows_company},
    )
    hooks.record(
        by=by, now=now, action="org.define_calendar", subject=calendar, department=department,
        changes={"weekly": [before and before.weekly, week]},
    )  # fmt: skip
    return calendar, hooks.calendars_changed(by=by, now=now)


@transaction.atomic
def set_calendar_day(
    calendar: WorkCalendar,
    *,
    day: date,
    sessions: Sessions | None,
    name: str = "",
    by: Person | None,
    now: datetime,
) -> list[Moved]:
    """Make a day off (`()`), a workday or special hours; None returns it to the weekly rule.

    Raises `BadCalendar`.
    """
    require_scope(by, calendar.department)
    before = CalendarDay.objects.filter(calendar=calendar, day=day).first()
    if sessions is None:
        CalendarDay.objects.filter(calendar=calendar, day=day).delete()
    else:
        try:
            check_sessions(sessions)
        except BadSessions as problem:
            raise BadCalendar from problem
        CalendarDay.objects.update_or_create(
            calendar=calendar, day=day,
            defaults={"sessions": stored_sessions(sessions), "name": name},
        )  # fmt: skip
    hooks.record(
        by=by, now=now, action="org.set_calendar_day", subject=calendar,
        department=calendar.department, changes={str(day): [before and before.sessions, sessions]},
    )  # fmt: skip
    return hooks.calendars_changed(by=by, now=now)


@transaction.atomic
def enter_published_year(
    year: int, days: Sequence[PublishedDay], *, by: Person | None, now: datetime
) -> list[Moved]:
    """Enter the official arrangement of a year (replacing what was known); returns what moved."""
    require_scope(by, None)
    rows = [
        {"date": str(day.date), "name": day.name, "off": day.is_off}
        for day in sorted({day.date: day for day in days}.values())
    ]
    before = PublishedYear.objects.filter(year=year).first()
    entered, _ = PublishedYear.objects.update_or_create(
        year=year, defaults={"days": rows, "entered_by": by, "entered_at": now}
    )
    hooks.record(
        by=by, now=now, action="org.enter_published_year", subject=entered,
        changes={"days": [before and before.days, rows]},
    )  # fmt: skip
    return hooks.calendars_changed(by=by, now=now)


@transaction.atomic
def add_leave(
    person: Person,
    *,
    first_on: date,
    last_on: date,
    sessions: Sessions = (),
    reason: str = "",
    by: Person | None,
    now: datetime,
) -> tuple[Leave, list[Moved]]:
    """Days a person is away; their own, or entered by who edits the department's calendar."""
    _require_leave(by, person)
    leave = Leave.objects.create(
        person=person, first_on=first_on, last_on=last_on, reason=reason,
        sessions=stored_sessions(sessions),
    )  # fmt: skip
    hooks.record(
        by=by, now=now, action="org.add_leave", subject=person, department=person.main_department,
        changes={"leave": [None, [str(first_on), str(last_on)]]},
    )  # fmt: skip
    return leave, hooks.calendars_changed(by=by, now=now)


@transaction.atomic
def remove_leave(leave: Leave, *, by: Person | None, now: datetime) -> list[Moved]:
    _require_leave(by, leave.person)
    hooks.record(
        by=by, now=now, action="org.remove_leave", subject=leave.person,
        department=leave.person.main_department,
        changes={"leave": [[str(leave.first_on), str(leave.last_on)], None]},
    )  # fmt: skip
    leave.delete()
    return hooks.calendars_changed(by=by, now=now)


def require_scope(by: Person | None, department: Department | None) -> None:
    """A company-wide calendar needs a role over the whole company."""
    require(by, Permission.CALENDAR_EDIT, department)
    if department is None and by is not None and by.reach(Permission.CALENDAR_EDIT) is not None:
        raise NotPermitted(f"{by.username} edits no company calendar")


def _require_leave(by: Person | None, person: Person) -> None:
    if by is None or by.pk != person.pk:
        require(by, Permission.CALENDAR_EDIT, person.main_department)
