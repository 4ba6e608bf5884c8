"""Pilots as experiments, and the quarterly review."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.org import clock
from opsloop.processes import actions, exports, queries, trial_words, trials
from opsloop.processes import reviews as drifting
from opsloop.processes.forms import PilotForm, ProblemForm, ReadingForm
from opsloop.processes.models import Pilot, Process, QuarterlyReview
from opsloop.processes.views.common import editable, page, person_of, process_of


@require_http_methods(["GET", "POST"])
def pilots(request: HttpRequest, pk: int) -> HttpResponse:
    """The pilots; what the proof needs is told by the same form before it starts one."""
    process, person = process_of(request, pk), person_of(request)
    form = PilotForm(
        request.POST or None, versions=queries.designs(process), units=queries.units(process),
        countermeasures=queries.countermeasures_of(process, person),
    )  # fmt: skip
    asks = request.POST.get("do") == "forecast"
    if request.method == "POST" and form.is_valid() and not asks:
        made = _start(editable(request, pk), form, request)
        if made is not None:
            return redirect("processes:pilot", pk=pk, pilot=made.pk)
    told = trials.forecast(process, **form.planned()) if asks and form.is_valid() else None
    return page(
        request, "pilots", process, form=form, asked=asks and form.is_valid(), told=told,
        sentences=_sentences(told),
        rows=[(row, trials.promised(row), trials.trial(row)) for row in queries.pilots(process)],
    )  # fmt: skip


def _start(process: Process, form: PilotForm, request: HttpRequest) -> Pilot | None:
    try:
        return actions.start_pilot(
            process=process, by=person_of(request), now=clock.now(), **form.cleaned_data
        )
    except actions.NotApproved:
        form.add_error("version", _("Only an approved version is tried on people."))
    except actions.SameUnit:
        form.add_error("controls", _("A unit cannot be its own control."))
    return None


def _sentences(told: trials.Forecast | None) -> list[str]:
    if told is None:
        return []
    said = trial_words.forecast_sentence(told), trial_words.return_sentence(told)
    return [text for text in said if text]


def _pilot(request: HttpRequest, pk: int, pilot: int) -> Pilot:
    rows = Pilot.objects.visible_to(person_of(request)).filter(process=pk)
    related = rows.select_related("process__department", "process__dataset", "version")
    return get_object_or_404(related, pk=pilot)


def _show(
    request: HttpRequest, held: Pilot, *, form: ProblemForm | None = None,
    reading: ReadingForm | None = None,
) -> HttpResponse:  # fmt: skip
    found, told = trials.trial(held), trials.promised(held)
    return page(
        request, "pilot", held.process, pilot=held, found=found, tab="pilots",
        form=form or ProblemForm(), reading=reading or ReadingForm(),
        sentence=trial_words.sentence(found) if found else "",
        word=trial_words.stability_word(found.stability.word) if found else "",
        told=told, sentences=_sentences(told),
        picture=trial_words.weeks_chart(found, held) if found and found.weeks else None,
    )  # fmt: skip


@require_safe
def pilot(request: HttpRequest, pk: int, pilot: int) -> HttpResponse:
    return _show(request, _pilot(request, pk, pilot))


@require_safe
def pilot_weeks(request: HttpRequest, pk: int, pilot: int) -> HttpResponse:
    """The weeks of the chart as CSV."""
    held = _pilot(request, pk, pilot)
    rows = trial_words.week_rows(trials.trial(held))
    return exports.table(f"{held.process.name}-{held.unit}", rows)


@require_POST
def pilot_do(request: HttpRequest, pk: int, pilot: int, verb: str) -> HttpResponse:
    """Note a problem or a survey, or roll the version out."""
    editable(request, pk)
    held = _pilot(request, pk, pilot)
    said: dict[str, Any] = {"pilot": held, "by": person_of(request), "now": clock.now()}
    if verb == "roll_out":
        actions.roll_out(on=clock.today(), **said)
    elif verb == "reading":
        reading = ReadingForm(request.POST)
        if not reading.is_valid():
            return _show(request, held, reading=reading)
        actions.note_reading(**reading.cleaned_data, **said)
    else:
        form = ProblemForm(request.POST)
        if not form.is_valid():
            return _show(request, held, form=form)
        actions.note_problem(**form.cleaned_data, **said)
    return redirect("processes:pilot", pk=pk, pilot=pilot)


@require_safe
def reviews(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    held = process.reviews.select_related("closed_by")
    rows = [(row, drifting.drifts(row), drifting.mix(row)) for row in held]
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
