"""The to-be table: draft, edit, hand in, decide, publish."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.org import clock
from opsloop.org.permissions import NotPermitted, Permission
from opsloop.processes import actions, files, queries
from opsloop.processes.forms import StepForm
from opsloop.processes.models import Process, ProcessVersion, Step
from opsloop.processes.views.common import editable, page, person_of, process_of


def _version(process: Process, version: int) -> ProcessVersion:
    return get_object_or_404(process.versions.filter(kind="to_be"), pk=version)


def _step(process: Process, version: int, step: int) -> Step:
    return get_object_or_404(_version(process, version).steps.all(), pk=step)


@require_safe
def designs(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    return page(request, "designs", process, rows=queries.designs(process))


@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    process = editable(request, pk)
    made = actions.copy_as_is(process=process, by=person_of(request), now=clock.now())
    return redirect("processes:design", pk=pk, version=made.pk)


@require_safe
def design(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    process, person = process_of(request, pk), person_of(request)
    held = _version(process, version)
    return page(
        request, "design", process, view=queries.design(held), tab="designs",
        is_owner=process.owner_id == person.pk,
        may_decide=person.may(Permission.COUNTERMEASURE_APPROVE, process.department)
        and held.submitted_by_id != person.pk,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def design_step(request: HttpRequest, pk: int, version: int, step: int) -> HttpResponse:
    """Edit a step of the draft; step 0 is a new one."""
    process = editable(request, pk)
    held = _version(process, version)
    row = _step(process, version, step) if step else None
    form = StepForm(request.POST or None, instance=row)
    if form.is_valid():
        said: dict[str, Any] = {
            "by": person_of(request),
            "now": clock.now(),
            "source": form.cleaned_data["source"],
        }
        try:
            if row is None:
                actions.add_step(process=process, version=held, **said, **form.cells())
            else:
                actions.change_step(step=row, **said, **form.cells())
        except actions.VersionClosed:
            messages.error(request, _("This version was handed in: make a new one."))
        return redirect("processes:design", pk=pk, version=version)
    return page(request, "design_step", process, form=form, step=row, version=held, tab="designs")


_MOVES = {"up": True, "down": False}


@require_POST
def design_step_do(
    request: HttpRequest, pk: int, version: int, step: int, verb: str
) -> HttpResponse:
    """Remove a step of the draft, or move it."""
    row = _step(editable(request, pk), version, step)
    said: dict[str, Any] = {"by": person_of(request), "now": clock.now()}
    try:
        if verb in _MOVES:
            actions.move_step(step=row, up=_MOVES[verb], **said)
        else:
            actions.remove_step(step=row, **said)
    except actions.VersionClosed:
        messages.error(request, _("This version was handed in: make a new one."))
    return redirect("processes:design", pk=pk, version=version)


@require_POST
def design_do(request: HttpRequest, pk: int, version: int, verb: str) -> HttpResponse:
    """Hand in, approve, send back, publish, sign a deletion."""
    held = _version(process_of(request, pk), version)
    try:
        _do(held, verb, request)
    except actions.GateClosed as error:
        messages.error(
            request,
            _("Without evidence or the owner's signature these steps may not go: %(steps)s")
            % {"steps": ", ".join(error.steps)},
        )
    except actions.OwnSubmission:
        messages.error(request, _("Somebody else must approve this."))
    except actions.WrongState:
        messages.error(request, _("This version is not where this can be done."))
    except ValueError:
        messages.error(request, _("Give a reason."))
    return redirect("processes:design", pk=pk, version=version)


def _do(held: ProcessVersion, verb: str, request: HttpRequest) -> None:
    said: dict[str, Any] = {"version": held, "by": person_of(request), "now": clock.now()}
    comment = request.POST.get("comment", "").strip()
    if verb == "submit":
        actions.submit(**said)
    elif verb == "publish":
        actions.publish(**said)
    elif verb == "sign":
        if not comment:
            raise ValueError
        actions.sign_deletion(step=request.POST.get("step", ""), reason=comment, **said)
    elif verb in ("approve", "return"):
        actions.decide(approve=verb == "approve", comment=comment, **said)
    else:
        raise NotPermitted(verb)


@require_safe
def design_bpmn(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    process = process_of(request, pk)
    return files.bpmn(process, list(_version(process, version).steps.all()))
