"""The process room in the browser: HTTP in, one call, one page out."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.processes import actions, detection, figures, files, pictures, queries
from opsloop.processes.forms import PasteForm, ProcessForm, StepForm
from opsloop.processes.models import Process, Step
from opsloop.processes.paste import NoForm, parse
from opsloop.processes.sheet import PROCESS_REVIEW

SHOWN_VARIANTS = 30


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def _process(request: HttpRequest, pk: int, permission: Permission | None = None) -> Process:
    rows = Process.objects.visible_to(_person(request), permission)
    return get_object_or_404(rows.select_related("department", "dataset", "owner"), pk=pk)


def _editable(request: HttpRequest, pk: int) -> Process:
    return _process(request, pk, Permission.PROCESS_EDIT)


def _step(request: HttpRequest, pk: int, step: int) -> Step:
    return get_object_or_404(_editable(request, pk).as_is.steps.all(), pk=step)


def _page(
    request: HttpRequest, template: str, process: Process | None = None, **context: Any
) -> HttpResponse:
    crumbs = [(_("Processes"), reverse("processes:list"))]
    if process is not None and process.pk:
        crumbs.append((process.name, reverse("processes:detail", args=[process.pk])))
        context["may_edit"] = queries.may_edit(process, _person(request))
    context.setdefault("crumbs", crumbs)
    shared = {"help": "processes", "process": process, "tab": template}
    return render(request, f"processes/{template}.html", {**shared, **context})


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    return _page(
        request, "list", lines=queries.lines(person), crumbs=[(_("Processes"), "")],
        may_create=person.may(Permission.PROCESS_EDIT),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = ProcessForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            made = actions.define_process(by=person, now=clock.now(), **form.cleaned_data)
            return redirect("processes:detail", pk=made.pk)
        except actions.NameTaken:
            form.add_error("name", _("This department already has a process of this name."))
    return _page(request, "form", form=form)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    process, person = _editable(request, pk), _person(request)
    form = ProcessForm(request.POST or None, instance=process, person=person)
    if form.is_valid():
        try:
            actions.change_process(process=process, by=person, now=clock.now(), **form.cleaned_data)
            return redirect("processes:detail", pk=pk)
        except actions.NameTaken:
            form.add_error("name", _("This department already has a process of this name."))
    return _page(request, "form", process, form=form)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    process = _process(request, pk)
    return _page(
        request, "detail", process, form=queries.form(process, _person(request)),
        columns=PROCESS_REVIEW.printed_columns,
    )  # fmt: skip


@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The five columns and the title block, as they go on paper."""
    process = _process(request, pk)
    form = queries.form(process, _person(request))
    return _page(request, "print", process, form=form, sheet=PROCESS_REVIEW)


@require_safe
def form_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    process = _process(request, pk)
    return files.form(queries.form(process, _person(request)))


@require_http_methods(["GET", "POST"])
def paste(request: HttpRequest, pk: int) -> HttpResponse:
    process, form, found = _editable(request, pk), PasteForm(request.POST or None), None
    if form.is_valid():
        try:
            found = parse(form.cleaned_data["text"])
        except NoForm:
            form.add_error("text", _("No step table was found: copy its headings too."))
        if found is not None and form.cleaned_data["confirmed"]:
            actions.take_form(process=process, form=found, by=_person(request), now=clock.now())
            return redirect("processes:detail", pk=pk)
    return _page(request, "paste", process, form=form, found=found, columns=PROCESS_REVIEW.printed_columns)


@require_POST
def fill(request: HttpRequest, pk: int) -> HttpResponse:
    process = _editable(request, pk)
    try:
        steps = actions.fill_from_log(process=process, by=_person(request), now=clock.now())
        messages.success(
            request, _("Filled from the log: %(count)d steps.") % {"count": len(steps)}
        )
    except actions.NoRecords:
        messages.error(request, _("The process has no log with records in force."))
    return redirect("processes:detail", pk=pk)


@require_POST
def detect(request: HttpRequest, pk: int) -> HttpResponse:
    process = _editable(request, pk)
    count = detection.detect(process=process, by=_person(request), now=clock.now())
    messages.success(request, _("Months beyond a limit: %(count)d.") % {"count": count})
    return redirect("processes:detail", pk=pk)


@require_http_methods(["GET", "POST"])
def step_add(request: HttpRequest, pk: int) -> HttpResponse:
    process, form = _editable(request, pk), StepForm(request.POST or None)
    if form.is_valid():
        actions.add_step(
            process=process, by=_person(request), now=clock.now(),
            source=form.cleaned_data["source"], **form.cells(),
        )  # fmt: skip
        return redirect("processes:detail", pk=pk)
    return _page(request, "step", process, form=form)


@require_http_methods(["GET", "POST"])
def step_edit(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    row = _step(request, pk, step)
    form = StepForm(request.POST or None, instance=row)
    if form.is_valid():
        actions.change_step(
            step=row, by=_person(request), now=clock.now(), source=form.cleaned_data["source"],
            **form.cells(),
        )  # fmt: skip
        return redirect("processes:detail", pk=pk)
    template = "_step_row" if request.headers.get("HX-Request") else "step"
    return _page(request, template, row.version.process, form=form, step=row)


@require_POST
def step_remove(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    actions.remove_step(step=_step(request, pk, step), by=_person(request), now=clock.now())
    return redirect("processes:detail", pk=pk)


@require_POST
def step_up(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    actions.move_step(step=_step(request, pk, step), up=True, by=_person(request), now=clock.now())
    return redirect("processes:detail", pk=pk)


@require_POST
def step_down(request: HttpRequest, pk: int, step: int) -> HttpResponse:
    actions.move_step(step=_step(request, pk, step), up=False, by=_person(request), now=clock.now())
    return redirect("processes:detail", pk=pk)


@require_safe
def process_map(request: HttpRequest, pk: int) -> HttpResponse:
    process = _process(request, pk)
    found, sliders = figures.findings(process), pictures.Sliders.parse(request.GET)
    picture = pictures.process_map(found, sliders) if found else None
    return _page(request, "map", process, found=found, picture=picture, sliders=sliders)


@require_safe
def variants(request: HttpRequest, pk: int) -> HttpResponse:
    process = _process(request, pk)
    found = figures.findings(process)
    lines = queries.variants(found, limit=SHOWN_VARIANTS) if found else []
    return _page(request, "variants", process, found=found, lines=lines)


@require_safe
def bottleneck(request: HttpRequest, pk: int) -> HttpResponse:
    process = _process(request, pk)
    found = figures.findings(process)
    if found is None:
        return _page(request, "bottleneck", process, found=None)
    return _page(
        request, "bottleneck", process, found=found, sentence=pictures.sentence(found),
        picture=pictures.cause_bars(found) if found.causes else None,
        loads=queries.loads(found),
    )  # fmt: skip


@require_safe
def cases(request: HttpRequest, pk: int) -> HttpResponse:
    process, text = _process(request, pk), request.GET.get("q", "").strip()[:80]
    return _page(
        request, "cases", process, lines=queries.slowest_cases(process, text=text), text=text
    )


@require_safe
def case(request: HttpRequest, pk: int, case: int) -> HttpResponse:
    process = _process(request, pk)
    found = queries.case(process, case)
    if found is None:
        raise Http404
    return _page(request, "case", process, case=found)


@require_safe
def data_file(request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
    return files.data(_process(request, pk), what)
