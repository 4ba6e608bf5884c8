"""Findings of the log: departures and what is accepted of them, people, costs, outliers."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsloop.org import clock
from opsloop.processes import actions, pictures, queries
from opsloop.processes.rates_form import RatesForm
from opsloop.processes.step_studies import Measure
from opsloop.processes.views.common import editable, looked, page, person_of, process_of


@require_safe
def conformance(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    found = queries.conformance_view(process, chosen.wanted)
    return page(
        request, "conformance", process, found=found, chosen=chosen,
        picture=pictures.conformance_months(found.months) if found else None,
    )  # fmt: skip


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept a departure the log still shows, for a reason."""
    process, said = editable(request, pk), request.POST
    names = (said.get("kind", ""), said.get("step", ""), said.get("other", ""))
    found = queries.conformance_view(process)
    reason = said.get("reason", "").strip()
    if not reason or not found or names not in {line.names for line in found.lines}:
        messages.error(request, _("Give a reason for a departure the log still shows."))
    else:
        actions.accept_departure(
            process=process, kind=names[0], step=names[1], other=names[2], reason=reason,
            by=person_of(request), now=clock.now(),
        )  # fmt: skip
    return redirect("processes:conformance", pk=pk)


@require_POST
def revoke(request: HttpRequest, pk: int, acceptance: int) -> HttpResponse:
    held = editable(request, pk).accepted_departures.filter(revoked_at=None)
    actions.revoke_acceptance(
        acceptance=get_object_or_404(held, pk=acceptance), by=person_of(request), now=clock.now()
    )
    return redirect("processes:conformance", pk=pk)


@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Departments, or single people for the process owner (P-A23)."""
    process = process_of(request, pk)
    chosen = looked(request, process)
    party = queries.party_of(request.GET.get("who", ""), may=chosen.people)
    found = queries.people_view(process, party, chosen.wanted)
    return page(request, "people", process, found=found, chosen=chosen, party=party)


@require_safe
def step_costs(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    found = queries.cost_view(process, chosen.wanted)
    return page(
        request, "step_costs", process, found=found, chosen=chosen,
        picture=pictures.cost_months(found.months) if found else None,
    )  # fmt: skip


@require_POST
def rates(request: HttpRequest, pk: int) -> HttpResponse:
    """The usual rate and one a department; an empty field takes a rate away."""
    process = editable(request, pk)
    found = queries.cost_view(process)
    parties = [name for name, _rate in found.departments] if found else []
    form = RatesForm(request.POST, parties=parties)
    if form.is_valid():
        actions.set_rates(process=process, by=person_of(request), now=clock.now(), **form.told())
    else:
        messages.error(request, _("A rate is an amount of yuan an hour, 0 or more."))
    return redirect("processes:step_costs", pk=pk)


@require_safe
def outliers(request: HttpRequest, pk: int) -> HttpResponse:
    process = process_of(request, pk)
    chosen = looked(request, process)
    measure: Measure = "work" if request.GET.get("measure") == "work" else "stage"
    return page(
        request, "outliers", process, chosen=chosen, measure=measure,
        found=queries.outlier_view(process, measure, chosen.wanted),
    )  # fmt: skip
