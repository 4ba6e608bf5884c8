"""The process room in the browser: HTTP in, one call, one page out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.analysis.priority import DEFAULT_WEIGHTS
from opsloop.org import clock
from opsloop.org.permissions import Permission
from opsloop.processes import actions, detection, exports, files, queries
from opsloop.processes.forms import ProcessForm, StepForm
from opsloop.processes.sheet import PROCESS_REVIEW
from opsloop.processes.views.common import editable, number, page, person_of, process_of, step_of


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    person, weights = person_of(request), _weights(request)
    return page(
        request, "list", lines=queries.lines(person, weights), weights=weights,
        crumbs=[(_("Processes"), "")],
        may_create=person.may(Permission.PROCESS_EDIT),
    )  # fmt: skip


@require_safe
def list_file(request: HttpRequest) -> HttpResponse:
    """The list with its scores as CSV."""
    rows = exports.priorities(person_of(request), _weights(request))
    return exports.table("processes", rows)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = ProcessForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            made = actions.define_process(by=person, now=clock.now(), **form.cleaned_data)
            return redirect("processes:detail", pk=made.pk)
        except actions.NameTaken:
            form.add_error("name", _("This department already has a process of this name."))
    return page(request, "form", form=form)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    process, person = editable(request, pk), person_of(request)
    form = ProcessForm(request.POST or None, instance=process, person=person)
    if form.is_valid():
        try:
            actions.change_process(process=process, by=person, now=clock.now(), **form.cleaned_data)
            return redirect("processes:detail", pk=pk)
        except actions.NameTaken:
            form.add_error("name", _("This department already has a process of this name."))
    return page(request, "form", process, form=form)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    return page(
        request, "detail", process, form=queries.form(process, person_of(request)),
        columns=PROCESS_REVIEW.printed_columns,
    )  # fmt: skip


@require_safe
def bpmn(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    return files.bpmn(process, list(process.as_is.steps.all()))


@require_POST
def fill(request: HttpRequest, pk: int) -> HttpResponse:
    process = editable(request, pk)
    try:
        steps = actions.fill_from_log(process=process, by=person_of(request), now=clock.now())
        messages.success(
            request, _("Filled from the log: %(count)d steps.") % {"count": len(steps)}
        )
    except actions.NoRecords:
        messages.error(request, _("The process has no log with records in force."))
    return redirect("processes:detail", pk=pk)


@require_POST
def detect(request: HttpRequest, pk: int) -> HttpResponse:
    process = editable(request, pk)
    count = detection.detect(process=process, by=person_of(request), now=clock.now())
    messages.success(request, _("Months beyond a limit: %(count)d.") % {"count": count})
    return redirect("processes:detail", pk=pk)


@require_http_methods(["GET", "POST"])
def step_add(request: HttpRequest, pk: int) -> HttpResponse:
    process, form = editable(request, pk), StepForm(request.POST or None)
    if form.is_valid():
        actions.add_step(
            process=process, by=person_of(request), now=clock.now(),
            source=form.cleaned_data["source"], **form.cells(),
        )  # fmt: skip
        return redirect("processes:detail", pk=pk)
    return page(request, "step", process, form=form)


@require_http_methods(["GET", "POST"])
def step_edit(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    row = step_of(request, pk, step)
    form = StepForm(request.POST or None, instance=row)
    if form.is_valid():
        actions.change_step(
            step=row, by=person_of(request), now=clock.now(), source=form.cleaned_data["source"],
            **form.cells(),
        )  # fmt: skip
        return redirect("processes:detail", pk=pk)
    template = "_step_row" if request.headers.get("HX-Request") else "step"
    return page(request, template, row.version.process, form=form, step=row)


@require_POST
def step_remove(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    actions.remove_step(step=step_of(request, pk, step), by=person_of(request), now=clock.now())
    return redirect("processes:detail", pk=pk)


@require_POST
def step_up(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    actions.move_step(
        step=step_of(request, pk, step), up=True, by=person_of(request), now=clock.now()
    )
    return redirect("processes:detail", pk=pk)


@require_POST
def step_down(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    actions.move_step(
        step=step_of(request, pk, step), up=False, by=person_of(request), now=clock.now()
    )
    return redirect("processes:detail", pk=pk)


def _weights(request: HttpRequest) -> dict[str, float]:
    """The weights of the score in the address, in percent; the usual ones without any."""
    asked = {name: number(request.GET.get(name)) for name in DEFAULT_WEIGHTS}
    if not any(asked.values()):
        return dict(DEFAULT_WEIGHTS)
    return {name: (value or 0) / 100 for name, value in asked.items()}


@require_safe
def raci(request: HttpRequest, pk: int) -> HttpResponse:
    """Who does, answers for, is asked about and is told of each step (P-A14)."""
    process = process_of(request, pk)
    return page(request, "raci", process, found=queries.raci(process))
