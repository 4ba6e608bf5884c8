"""Working calendars by year, their sessions and exceptions, leave, the published arrangement."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from opsloop.org import actions, queries
from opsloop.org.clock import now, today
from opsloop.org.forms import DayForm, PublishedYearForm, WeekForm
from opsloop.org.models import Department, WorkCalendar
from opsloop.org.permissions import Permission
from opsloop.org.requests import person_of
from opsloop.org.sessions_text import format_days, format_sessions
from opsloop.org.views.departments import _rights
from opsloop.org.views.helpers import accepted


def listing(request: HttpRequest) -> HttpResponse:
    reader = person_of(request)
    department = _department(request, Permission.ORG_VIEW)
    year = _year(request)
    context = {
        "page_of": queries.calendar_page(reader, department=department, year=year),
        "help": "org",
        "tab": "calendars",
    }
    return render(request, "org/calendars.html", context | _rights(request))


def week(request: HttpRequest) -> HttpResponse:
    by = person_of(request)
    department = _department(request, Permission.CALENDAR_EDIT)
    initial = queries.week_of(department)
    days = {f"day_{n}": format_sessions(sessions) for n, sessions in enumerate(initial.weekly)}
    form = WeekForm(
        request.POST or None,
        is_company=department is None,
        initial={"name": initial.name, "follows_company": initial.follows_company, **days},
    )

    def save() -> object:
        follows = form.cleaned_data.get("follows_company", True)
        return actions.define_calendar(
            department=department, name=form.cleaned_data["name"], weekly=form.weekly,
            follows_company=follows, by=by, now=now(),
        )  # fmt: skip

    if accepted(request, form, save):
        return redirect("org:calendars")
    return _form(request, form, _("Weekly sessions"))


def day(request: HttpRequest) -> HttpResponse:
    by = person_of(request)
    department = _department(request, Permission.CALENDAR_EDIT)
    form = DayForm(request.POST or None, initial={"day": request.GET.get("day")})

    def save() -> object:
        calendar = WorkCalendar.objects.visible_to(by).filter(department=department).first()
        if calendar is None:
            held = queries.week_of(department)
            calendar, _moved = actions.define_calendar(
                department=department, name=held.name, weekly=held.weekly, by=by, now=now()
            )
        data = form.cleaned_data
        return actions.set_calendar_day(
            calendar, day=data["day"], sessions=form.result, name=data["name"], by=by, now=now()
        )

    if accepted(request, form, save):
        return redirect("org:calendars")
    return _form(request, form, _("A single day"))


def year(request: HttpRequest) -> HttpResponse:
    by = person_of(request)
    chosen = _year(request)
    known = queries.arrangement_of(chosen) or ()
    initial = {
        "year": chosen,
        "off": format_days([row for row in known if row.is_off]),
        "makeup": format_days([row for row in known if not row.is_off]),
    }
    form = PublishedYearForm(request.POST or None, initial=initial)

    def save() -> object:
        return actions.enter_published_year(form.cleaned_data["year"], form.days, by=by, now=now())

    if accepted(request, form, save):
        return redirect("org:calendars")
    return _form(request, form, _("Official arrangement of a year"))


def _form(request: HttpRequest, form: Any, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": "org:calendars", "help": "org"}
    return render(request, "org/form.html", context)


def _department(request: HttpRequest, permission: Permission) -> Department | None:
    """The department of the address, within what the person reaches; None is the company."""
    asked = request.GET.get("department", "")
    if not asked.isdecimal():
        return None
    return get_object_or_404(person_of(request).departments_within(permission), pk=asked)


def _year(request: HttpRequest) -> int:
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and 2000 <= int(asked) <= 2100 else today().year
