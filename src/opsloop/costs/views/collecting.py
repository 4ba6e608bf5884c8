"""The collection of a month's costs: who delivers, what is still missing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsloop.costs import actions, collecting, files
from opsloop.costs.forms import DutyForm
from opsloop.costs.models import CollectionDuty, CollectionTask
from opsloop.costs.views.shared import page, person_of
from opsloop.org import clock
from opsloop.org.permissions import NotPermitted, Permission


@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    return page(
        request, "collection", deliveries=collecting.deliveries(person, clock.today()),
        duties=collecting.duties(person), may_assign=person.may(Permission.COST_REVIEW),
        form=DutyForm(person=person),
    )  # fmt: skip


@require_safe
def file(request: HttpRequest, form: str) -> HttpResponse:
    found = collecting.deliveries(person_of(request), clock.today())
    return files.table(_("Collection of costs"), *collecting.as_table(found), form)


@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = DutyForm(request.POST, person=person)
    if not form.is_valid():
        messages.error(request, _("Choose the ledger, the department and the person."))
        return redirect("costs:collection")
    try:
        actions.assign_duty(by=person, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
    except NotPermitted:
        messages.error(request, _("This person may not enter costs of that department."))
    return redirect("costs:collection")


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    person = person_of(request)
    duty = get_object_or_404(CollectionDuty.objects.visible_to(person), pk=pk)
    actions.end_duty(duty=duty, by=person, now=clock.now())
    messages.success(request, _("Removed."))
    return redirect("costs:collection")


@require_POST
def nothing(request: HttpRequest, pk: int) -> HttpResponse:
    person = person_of(request)
    task = get_object_or_404(CollectionTask.objects.visible_to(person), pk=pk)
    try:
        actions.report_nothing(task=task, by=person, now=clock.now())
        messages.success(request, _("Reported: no costs in this month."))
    except actions.WrongState:
        messages.info(request, _("This was delivered meanwhile."))
    return redirect("costs:collection")
