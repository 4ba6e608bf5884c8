"""Read the organisation: its tree, its people, and the calendars that hold for each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.worktime import (
    WHOLE_DAY,
    Calendar,
    Sessions,
    combine,
    is_provisional,
)
from opsloop.org.models import (
    CalendarDay,
    Department,
    Leave,
    Membership,
    OneTimeLink,
    Organisation,
    Person,
    PersonQuerySet,
    PublishedYear,
    RoleAssignment,
    WorkCalendar,
    days_of,
    sessions_of,
    token_hash,
)
from opsloop.org.permissions import Role
from opsloop.org.published import (
    DEFAULT_SESSIONS,
    PublishedDay,
    calendar_of,
    published_days,
    shipped_years,
)

# ── calendars ────────────────────────────────────────────────────────────────────────────────


def arrangement_of(year: int) -> tuple[PublishedDay, ...] | None:
    """The official arrangement of a year: as entered here, else as shipped; None is 未公布."""
    entered = PublishedYear.objects.filter(year=year).first()
    if entered is not None:
        return _entered_days(entered)
    return published_days(year) if year in shipped_years() else None


def known_years() -> list[int]:
    """Years whose arrangement is known, in order."""
    return sorted({*shipped_years(), *PublishedYear.objects.values_list("year", flat=True)})


def company_calendar() -> Calendar:
    """The official arrangements, changed by what the company itself decided."""
    stored = _stored_calendar(None)
    weekly = _weekly(stored) if stored else (DEFAULT_SESSIONS,) * 5 + ((), ())
    usual = next((sessions for sessions in weekly if sessions), DEFAULT_SESSIONS)
    entered = {row.year: _entered_days(row) for row in PublishedYear.objects.all()}
    years = {*shipped_years(), *entered}
    days = [
        day
        for year in sorted(years)
        for day in (entered[year] if year in entered else published_days(year))
    ]
    official = calendar_of(usual, days, years)
    exceptions = dict(official.exceptions)
    if stored:
        exceptions |= _exceptions(stored)
    return Calendar(weekly, MappingProxyType(exceptions), official.published_years)


def calendar_for(*, department: Department | None = None, person: Person | None = None) -> Calendar:
    """Working time of a department, or of a person in their main department less their leave.

    The nearest calendar up the tree holds for a department; it keeps the company's days off and
    make-up workdays unless it was set not to follow them.
    """
    if person is not None and department is None:
        department = person.main_department
    stored = _stored_calendar(department) if department else None
    if stored is None:
        base = company_calendar()
    elif stored.follows_company:
        base = _following(company_calendar(), stored)
    else:
        base = Calendar(_weekly(stored), _exceptions(stored))
    leave = _absences(person.leaves.all()) if person is not None else {}
    return combine(base, leave=leave) if leave else base


def _following(company: Calendar, stored: WorkCalendar) -> Calendar:
    """A department's own hours on the company's days: its days off and make-up workdays hold."""
    weekly = _weekly(stored)
    usual = next((sessions for sessions in weekly if sessions), ())
    shared = {day: usual if sessions else () for day, sessions in company.exceptions.items()}
    return Calendar(weekly, shared | _exceptions(stored), company.published_years)


def _stored_calendar(department: Department | None) -> WorkCalendar | None:
    rows = WorkCalendar.objects.unscoped("working time holds for everybody in the department")
    rows = rows.prefetch_related(Prefetch("days", CalendarDay.objects.order_by("day")))
    if department is None:
        return rows.filter(department=None).first()
    above = rows.filter(department__in=department.lineage).select_related("department")
    return max(above, key=lambda row: len(row.department.path), default=None)  # type: ignore[union-attr]  # null is the company


def _weekly(calendar: WorkCalendar) -> tuple[Sessions, ...]:
    return tuple(sessions_of(day) for day in calendar.weekly)


def _exceptions(calendar: WorkCalendar) -> dict[date, Sessions]:
    return {day.day: sessions_of(day.sessions) for day in calendar.days.all()}


def _entered_days(row: PublishedYear) -> tuple[PublishedDay, ...]:
    return tuple(
        PublishedDay(date.fromisoformat(day["date"]), day["name"], day["off"]) for day in row.days
    )


def _absences(leaves: Iterable[Leave]) -> dict[date, Sessions]:
    absent: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for leave in leaves:
        for day in days_of(leave):
            absent[day].extend(sessions_of(leave.sessions) or WHOLE_DAY)
    return {day: tuple(spans) for day, spans in absent.items()}


WEEKDAYS: Final = (_("Mo"), _("Tu"), _("We"), _("Th"), _("Fr"), _("Sa"), _("Su"))


@dataclass(frozen=True)
class DayView:
    """A day of the calendar page.

    `kind`: work off holiday makeup special; assumed_work and assumed_off of an unpublished year.
    """

    day: date
    kind: str
    name: str = ""
    hours: float = 0.0
    in_month: bool = True


@dataclass(frozen=True)
class MonthView:
    first: date
    weeks: list[list[DayView]]
    workdays: int
    hours: float


def year_view(calendar: Calendar, year: int) -> list[MonthView]:
    """Twelve months of full weeks, each day with its kind and hours."""
    names = {day.date: day.name for day in arrangement_of(year) or ()}
    return [_month_view(calendar, date(year, month, 1), names) for month in range(1, 13)]


def _month_view(calendar: Calendar, first: date, names: dict[date, str]) -> MonthView:
    start = first - timedelta(days=first.weekday())
    weeks: list[list[DayView]] = []
    day = start
    while not weeks or day.month == first.month:
        week = []
        for _weekday in range(7):
            week.append(_day_view(calendar, day, names, in_month=day.month == first.month))
            day += timedelta(days=1)
        weeks.append(week)
    own = [view for week in weeks for view in week if view.in_month]
    worked = [view.hours for view in own if view.hours]
    return MonthView(first, weeks, len(worked), sum(worked))


def _day_view(calendar: Calendar, day: date, names: dict[date, str], *, in_month: bool) -> DayView:
    sessions = calendar.sessions_on(day)
    usual = calendar.weekly[day.weekday()]
    hours = sum(end - start for start, end in sessions) / 60
    if not sessions and day in names:
        kind = "holiday"
    elif sessions == usual:
        kind = "work" if sessions else "off"
        if is_provisional(calendar, day):
            kind = f"assumed_{kind}"
    elif not sessions:
        kind = "holiday"
    else:
        kind = "special" if usual else "makeup"
    return DayView(day, kind, names.get(day, ""), hours, in_month)


@dataclass(frozen=True)
class Week:
    """The weekly sessions that hold for a department or the company, stored or by default."""

    name: str
    weekly: tuple[Sessions, ...]
    follows_company: bool


def week_of(department: Department | None) -> Week:
    """The week to start editing from: the own one, else the nearest above, else the default."""
    stored = _stored_calendar(department)
    name = department.name if department else Organisation.current().name
    if stored is None:
        return Week(name, company_calendar().weekly, True)
    own = stored.department_id == (department.pk if department else None)
    return Week(stored.name if own else name, _weekly(stored), stored.follows_company)


@dataclass(frozen=True)
class CalendarPage:
    """The year page of one calendar, with what else can be chosen."""

    department: Department | None
    week: Week
    year: int
    is_published: bool
    known_years: list[int]
    weekdays: tuple[str, ...]
    months: list[MonthView]
    workdays: int
    hours: float
    own: list[WorkCalendar]


def calendar_page(person: Person, *, department: Department | None, year: int) -> CalendarPage:
    calendar = calendar_for(department=department) if department else company_calendar()
    months = year_view(calendar, year)
    return CalendarPage(
        department=department,
        week=week_of(department),
        year=year,
        is_published=not is_provisional(calendar, date(year, 1, 1)),
        known_years=known_years(),
        weekdays=tuple(str(word) for word in WEEKDAYS),
        months=months,
        workdays=sum(month.workdays for month in months),
        hours=sum(month.hours for month in months),
        own=list(
            WorkCalendar.objects.visible_to(person)
            .exclude(department=None)
            .select_related("department")
        ),
    )


# ── departments, people, roles ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Branch:
    """A line of the department tree; how many work there is told only of reached departments."""

    department: Department
    people: int | None
    is_reached: bool


def department_tree(person: Person) -> list[Branch]:
    """All departments in the order of the tree; the reached ones can be opened."""
    reached = set(Department.objects.visible_to(person).values_list("pk", flat=True))
    people: dict[int, set[int]] = defaultdict(set)
    active = Membership.objects.filter(person__is_active=True).order_by()
    for path, person_id in active.values_list("department__path", "person"):
        for above in filter(None, path.split("/")):
            people[int(above)].add(person_id)
    children: dict[int | None, list[Department]] = defaultdict(list)
    for row in Department.objects.order_by("code"):
        children[row.parent_id].append(row)
    return [
        Branch(row, len(people[row.pk]) if row.pk in reached else None, row.pk in reached)
        for row in _walk(children, None)
    ]


def _walk(children: dict[int | None, list[Department]], parent: int | None) -> list[Department]:
    found = []
    for row in children[parent]:
        found.append(row)
        found.extend(_walk(children, row.pk))
    return found


def people_visible_to(
    person: Person, *, text: str = "", department: Department | None = None
) -> PersonQuerySet:
    """People with their places, narrowed by a text in name, user name or number."""
    found = Person.objects.visible_to(person).prefetch_related("memberships__department")
    if department is not None:
        placed = Membership.objects.filter(department__path__startswith=department.path)
        found = found.filter(pk__in=placed.values("person"))
    if text:
        found = found.filter(
            Q(name__icontains=text) | Q(username__icontains=text) | Q(employee_no__icontains=text)
        )
    return found


@dataclass(frozen=True)
class RoleHolders:
    role: Role
    assignments: list[RoleAssignment]


def roles_overview() -> list[RoleHolders]:
    """Every role with who holds it where; for the security administrator."""
    held: dict[str, list[RoleAssignment]] = defaultdict(list)
    for row in RoleAssignment.objects.select_related("person", "department").order_by(
        "person__name"
    ):
        held[row.role].append(row)
    return [RoleHolders(role, held[role]) for role in Role]


def open_appointments(person: Person) -> list[Role]:
    """Administrator roles the first system administrator may still fill, once each."""
    if not person.holds(Role.SYSTEM_ADMIN):
        return []
    taken = set(RoleAssignment.objects.values_list("role", flat=True).distinct())
    used = {*Organisation.current().first_appointments, *taken}
    return [role for role in (Role.SECURITY_ADMIN, Role.AUDITOR) if role.value not in used]


def purpose_of(token: str, now: datetime) -> str | None:
    """What a one-time link is for; None when it is unknown, used or too old."""
    link = OneTimeLink.objects.filter(token_hash=token_hash(token), used_at=None).first()
    return link.purpose if link is not None and link.expires_at > now else None
