"""One line of the form: its postings, its drivers, what people say about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsloop.costs import (
    actions,
    bridge,
    controllability,
    countermeasures,
    effects,
    files,
    queries,
    tracking,
)
from opsloop.costs.effects import savings
from opsloop.costs.form_lines import Row
from opsloop.costs.forms import AnswerForm, BaseForm, DriverValueForm, ItemForm, NoteForm
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CostItem, CostPeriod, PeriodState
from opsloop.costs.source import opened
from opsloop.costs.views.shared import month_crumbs, page, period_of, person_of
from opsloop.org import clock


def _key(request: HttpRequest) -> LineKey:
    asked = request.GET
    return LineKey(asked.get("category", ""), asked.get("item", ""), asked.get("department", ""))


def _drill(request: HttpRequest, period: CostPeriod) -> queries.Drill:
    found = queries.drill(period, _key(request), person_of(request))
    if found is None:
        raise Http404
    return found


@require_safe
def line(request: HttpRequest, pk: int) -> HttpResponse:
    period = period_of(request, pk)
    found = _drill(request, period)
    department = queries.department_of(period, found.row.key)
    note, followed = found.row.note, tracking.tracking(period, found.row, person_of(request))
    initial = {name: getattr(note, name) for name in NoteForm.base_fields} if note else {}
    return page(
        request, "line", period=period, drill=found, row=found.row,
        note_form=NoteForm(initial=initial), closing=bridge.closing_text(found.closing),
        may_write=queries.may_write(period, department, person_of(request)),
        savings=savings(period, found.row, person_of(request)),
        opened=opened(person_of(request), (one.batch_id for one in found.shown)),
        tracking=followed, tracking_chart=bridge.tracked(followed) if followed else None,
        **_countered(request, period, found.row),
        **_line_forms(request, period, found.row),
        crumbs=month_crumbs(period, (found.row.key.item or found.row.key.label, "")),
    )  # fmt: skip


def _countered(request: HttpRequest, period: CostPeriod, row: Row) -> dict[str, Any]:
    """Who controls which part of the variance, and what may be done about it."""
    parts = _parts(period, row)
    promised = request.GET.get("effect", "").strip()[:200]
    return {
        "parts": parts, "buckets": controllability.buckets(parts, row.variance.fen),
        "proposals": countermeasures.proposals(row, parts), "promised": promised,
        "expected": countermeasures.expected(period, row, promised) if promised else None,
    }  # fmt: skip


def _parts(period: CostPeriod, row: Row) -> tuple[controllability.Part, ...]:
    said = row.note.controllable if row.note else ""
    own = effects.reported(period).get(row.key, ())
    return controllability.parts_of(row.variance.fen, row.effects, row.answers, said, own)


@require_safe
def controllable(request: HttpRequest, pk: int) -> HttpResponse:
    """How much of a month can be controlled: a part of its page."""
    period = period_of(request, pk)
    return page(
        request, "_buckets", period=period, buckets=effects.buckets(period, person_of(request))
    )


@require_safe
def controllable_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """What can be controlled of the line asked for, else of the whole month."""
    period, name = period_of(request, pk), _("What can be controlled")
    if "item" not in request.GET:
        found = effects.buckets(period, person_of(request))
        return files.table(f"{period.key} {name}", *controllability.as_table((), found), form)
    row = _drill(request, period).row
    parts = _parts(period, row)
    shown = controllability.as_table(parts, controllability.buckets(parts, row.variance.fen))
    return files.table(f"{period.key} {row.key.item} {name}", *shown, form)


@require_safe
def tracking_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The line month by month around its countermeasure."""
    period = period_of(request, pk)
    row = _drill(request, period).row
    found = tracking.tracking(period, row, person_of(request))
    name = f"{row.key.item} {_('Month by month, before and since')}"
    return files.table(name, *tracking.as_table(found), form)


def _line_forms(request: HttpRequest, period: CostPeriod, row: Row) -> dict[str, Any]:
    """What this person may say about the item: the company's rule, or the month's drivers."""
    person, collecting = person_of(request), period.state == PeriodState.COLLECTING
    named = row.key.category and row.key.item
    found: dict[str, Any] = {}
    if named and queries.may_change_settings(person):
        found["item_form"] = ItemForm(instance=row.item, person=person)
        found["answer_form"] = AnswerForm()
    if named and collecting and queries.may_review(period, person):
        found["base_form"] = BaseForm(initial={"kind": row.base_kind})
    department = queries.department_of(period, row.key)
    if named and collecting and queries.may_write(period, department, person):
        found["value_form"] = DriverValueForm()
    return found


def _back_to_line(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(f"{reverse('costs:line', args=[pk])}?{request.GET.urlencode()}")


@require_POST
def item(request: HttpRequest, pk: int) -> HttpResponse:
    person, row = person_of(request), _drill(request, period_of(request, pk)).row
    form = ItemForm(request.POST, person=person, instance=CostItem())
    if form.is_valid():
        return _said(
            request, pk, lambda: actions.save_item(
                key=row.key, values=form.cleaned_data, by=person, now=clock.now()
            )
        )  # fmt: skip
    return _back_to_line(request, pk)


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _drill(request, period_of(request, pk)).row, AnswerForm(request.POST)
    if form.is_valid():
        return _said(
            request, pk, lambda: actions.answer_for(
                key=row.key, by=person_of(request), now=clock.now(), **form.cleaned_data
            )
        )  # fmt: skip
    return _back_to_line(request, pk)


@require_POST
def driver(request: HttpRequest, pk: int) -> HttpResponse:
    period = period_of(request, pk)
    row, form = _drill(request, period).row, DriverValueForm(request.POST)
    if form.is_valid():
        return _said(
            request, pk, lambda: actions.report_driver(
                key=row.key, period_no=period.period_no, by=person_of(request), now=clock.now(),
                department=queries.department_of(period, row.key), **form.cleaned_data,
            )
        )  # fmt: skip
    return _back_to_line(request, pk)


@require_POST
def base(request: HttpRequest, pk: int) -> HttpResponse:
    period = period_of(request, pk)
    row, form = _drill(request, period).row, BaseForm(request.POST)
    if form.is_valid():
        return _said(
            request, pk, lambda: actions.compare_with(
                period=period, line=row.key, by=person_of(request), now=clock.now(),
                **form.cleaned_data,
            )
        )  # fmt: skip
    return _back_to_line(request, pk)


def _said(request: HttpRequest, pk: int, act: Callable[[], object]) -> HttpResponse:
    """Do it and go back to the line; what the action refuses becomes one sentence."""
    try:
        act()
        messages.success(request, _("Saved."))
    except actions.Unnamed as error:
        raise Http404 from error
    except actions.WrongState:
        messages.error(request, _("A reviewed month keeps its figures as they are."))
    return _back_to_line(request, pk)


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    period = period_of(request, pk)
    row, form = _drill(request, period).row, NoteForm(request.POST)
    if form.is_valid():
        try:
            actions.write_note(
                period=period, line=row.key, by=person_of(request), now=clock.now(),
                department=queries.department_of(period, row.key), **form.cleaned_data,
            )  # fmt: skip
            messages.success(request, _("Saved."))
        except actions.WrongState:
            messages.error(request, _("A locked month keeps its words as they are."))
    return _back_to_line(request, pk)


@require_safe
def line_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    period = period_of(request, pk)
    return files.postings(period, _drill(request, period), form)
