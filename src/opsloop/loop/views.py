"""The loop in the browser: HTTP in, one call, one page out."""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from opsloop.loop import figures, queries
from opsloop.loop.doings import ACTS, Act, deviation_of, subjects_of
from opsloop.loop.errors import Conflict, LoopError
from opsloop.loop.forms import ActionForm
from opsloop.loop.models import Deviation
from opsloop.loop.queries import Filters
from opsloop.loop.states import Severity, State
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.ui.paging import keyset_page

CSV_LIMIT = 10_000


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    found = queries.desk(person, today=clock.today())
    first_day = not found.total and not Deviation.objects.visible_to(person).exists()
    context = {"desk": found, "is_first_day": first_day, "help": "loop"}
    return render(request, "loop/desk.html", context)


def filters_of(given: Mapping[str, str]) -> Filters:
    """Filters of an address; a number that is none matches nothing rather than everything."""
    names = ("stage", "state", "severity", "tool", "outcome", "text", "aged")
    texts = {name: given.get(name, "").strip() for name in names}
    return Filters(department=_id(given, "department"), owner=_id(given, "owner"), **texts)


def _id(given: Mapping[str, str], name: str) -> int | None:
    value = given.get(name, "")
    if not value:
        return None
    return int(value) if value.isdecimal() and len(value) < 18 else 0


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    person, filters = _person(request), filters_of(request.GET)
    found = queries.listing(person, filters, today=clock.today(), after=request.GET.get("after"))
    context = {
        "page": found.page, "lines": list(figures.lines(found.page.rows)), "filters": filters,
        "is_filtered": any(asdict(filters).values()), "help": "loop",
        "states": State.choices, "severities": Severity.choices, "tools": queries.tools(),
        "departments": found.departments,
    }  # fmt: skip
    return render(request, "loop/list.html", context)


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV, newest first; cells never start a formula."""
    rows = queries.filtered(
        queries.deviations_visible_to(_person(request)), filters_of(request.GET),
        today=clock.today(),
    )  # fmt: skip
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="deviations.csv"'
    csv.writer(answer).writerows(figures.table(rows.order_by("-raised_at", "-id")[:CSV_LIMIT]))
    return answer


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(
    request: HttpRequest, pk: int, *, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    person = _person(request)
    try:
        shown = queries.detail(person, pk, today=clock.today())
    except ObjectDoesNotExist as error:
        raise Http404 from error
    context = {
        "detail": shown, "deviation": shown.deviation, "help": "loop",
        "option": figures.chart(shown), "crumbs": _crumbs(shown.deviation),
        "same_cause": queries.same_cause_elsewhere(person, shown.deviation),
        "suggestions": queries.similar(person, shown.deviation) if shown.may_write_causes else [],
        **extra,
    }  # fmt: skip
    return render(request, "loop/detail.html", context, status=status)


def _crumbs(deviation: Deviation, *more: tuple[str, str]) -> list[tuple[str, str]]:
    own = (deviation.dimension_label, reverse("loop:detail", args=[deviation.pk]) if more else "")
    return [(_("Deviations"), reverse("loop:list")), own, *more]


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, kind: str, pk: int, verb: str) -> HttpResponse:
    """Show the form of one thing to do, or do it."""
    wanted, person = ACTS.get((kind, verb)), _person(request)
    if wanted is None:
        raise Http404
    subject = get_object_or_404(subjects_of(kind, person), pk=pk)
    if request.method != "POST":
        form = wanted.form(
            subject=subject,
            person=person,
            initial={"start_on": clock.today(), **request.GET.dict()},
        )
        return _form(request, wanted, subject, form)
    form = wanted.form(request.POST, subject=subject, person=person)
    if not form.is_valid():
        return _form(request, wanted, subject, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _try(request, wanted, subject, form)


def _try(request: HttpRequest, wanted: Act, subject: Any, form: ActionForm) -> HttpResponse:
    person = _person(request)
    try:
        done = wanted.run(subject, form, person, clock.now())
    except Conflict as conflict:
        return _form(request, wanted, subject, form, conflict=conflict, status=HTTPStatus.CONFLICT)
    except LoopError as refused:
        form.add_error(None, str(refused.text))
        return _form(request, wanted, subject, form, status=HTTPStatus.CONFLICT)
    messages.success(request, figures.message(wanted, done))
    moved = deviation_of(subject)
    if not Deviation.objects.visible_to(person).filter(pk=moved.pk).exists():
        return redirect("loop:desk")
    return redirect("loop:detail", pk=moved.pk)


def _form(
    request: HttpRequest,
    wanted: Act,
    subject: Any,
    form: ActionForm,
    *,
    conflict: Conflict | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    deviation = deviation_of(subject)
    form.follow(request.path)
    context = {
        "act": wanted, "form": form, "deviation": deviation, "subject": subject, "help": "loop",
        "crumbs": _crumbs(deviation, (str(wanted.title), "")),
        "differences": figures.differences(conflict) if conflict else (),
        "suggestions": queries.similar(_person(request), deviation)
        if "evidence_level" in form.fields else (),
        "foresight": figures.foresight(subject, form, now=clock.now()),
    }  # fmt: skip
    return render(request, "loop/form.html", context, status=status)


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    shown = queries.dashboard(_person(request), today=clock.today())
    return render(request, "loop/dashboard.html", {"shown": shown, "help": "loop"})


@require_safe
def lessons(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("text", "").strip()
    rows = queries.lessons_visible_to(_person(request))
    page = keyset_page(
        queries.lessons_matching(rows, text), request.GET.get("after"), order="-learned_at"
    )
    return render(request, "loop/lessons.html", {"page": page, "text": text, "help": "loop"})


@require_safe
def lesson(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(queries.lessons_visible_to(_person(request)), pk=pk)
    crumbs = [(_("Lessons"), reverse("loop:lessons")), (found.title, "")]
    return render(
        request, "loop/lesson.html",
        {"lesson": found, "crumbs": crumbs, "help": "loop",
         "seen": Deviation.objects.visible_to(_person(request))
            .filter(pk=found.deviation_id).exists()},
    )  # fmt: skip
