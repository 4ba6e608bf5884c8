"""Pilots as experiments, and the quarterly review."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.org import clock
from opsloop.processes import actions, pictures, queries, studies
from opsloop.processes.forms import PilotForm, ProblemForm
from opsloop.processes.models import Pilot, QuarterlyReview
from opsloop.processes.views.common import editable, page, person_of, process_of


@require_http_methods(["GET", "POST"])
def pilots(request: HttpRequest, pk: int) -> HttpResponse:
    process, person = process_of(request, pk), person_of(request)
    form = PilotForm(
        request.POST or None, versions=queries.designs(process), units=queries.units(process),
        countermeasures=queries.countermeasures_of(process, person),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.start_pilot(
                process=editable(request, pk), by=person, now=clock.now(), **form.cleaned_data
            )
            return redirect("processes:pilot", pk=pk, pilot=made.pk)
        except actions.NotApproved:
            form.add_error("version", _("Only an approved version is tried on people."))
        except actions.SameUnit:
            form.add_error("controls", _("A unit cannot be its own control."))
    return page(request, "pilots", process, form=form, rows=queries.pilots(process))


def _pilot(request: HttpRequest, pk: int, pilot: int) -> Pilot:
    rows = Pilot.objects.visible_to(person_of(request)).filter(process=pk)
    related = rows.select_related("process__department", "process__dataset", "version")
    return get_object_or_404(related, pk=pilot)


@require_safe
def pilot(request: HttpRequest, pk: int, pilot: int) -> HttpResponse:
    held = _pilot(request, pk, pilot)
    found = studies.trial(held, held.target_hours)
    return page(
        request, "pilot", held.process, pilot=held, found=found, form=ProblemForm(), tab="pilots",
        picture=pictures.pilot_weeks(found, held) if found and found.weeks else None,
    )  # fmt: skip


@require_POST
def pilot_do(request: HttpRequest, pk: int, pilot: int, verb: str) -> HttpResponse:
    """Note a problem, or roll the version out."""
    editable(request, pk)
    held, form = _pilot(request, pk, pilot), ProblemForm(request.POST)
    said: dict[str, Any] = {"pilot": held, "by": person_of(request), "now": clock.now()}
    if verb == "roll_out":
        actions.roll_out(on=clock.today(), **said)
    elif form.is_valid():
        actions.note_problem(**form.cleaned_data, **said)
    return redirect("processes:pilot", pk=pk, pilot=pilot)


@require_safe
def reviews(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    rows = [(row, queries.drifts(row)) for row in process.reviews.select_related("closed_by")]
    return page(request, "reviews", process, rows=rows)


@require_POST
def review_close(request: HttpRequest, pk: int, review: int) -> HttpResponse:
    process = editable(request, pk)
    rows = QuarterlyReview.objects.visible_to(person_of(request)).filter(process=process)
    try:
        actions.close_review(
            review=get_object_or_404(rows, pk=review),
            conclusion=request.POST.get("conclusion", ""), by=person_of(request), now=clock.now(),
        )  # fmt: skip
    except ValueError:
        messages.error(request, _("Write the conclusion."))
    return redirect("processes:reviews", pk=pk)
