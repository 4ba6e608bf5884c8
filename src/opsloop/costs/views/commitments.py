"""The commitments of a month: documents, what they leave, and entering another one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.costs import actions, commitments, files, queries
from opsloop.costs.commitments import Document
from opsloop.costs.forms import CommitmentForm, LimitForm
from opsloop.costs.keys import LineKey
from opsloop.costs.models import Commitment, CostPeriod, LimitAction, PeriodState
from opsloop.costs.views.shared import month_crumbs, page, period_of, person_of
from opsloop.org import clock
from opsloop.org.permissions import Permission


def _documents(request: HttpRequest, period: CostPeriod) -> list[Document]:
    """Those on lines of departments this person sees."""
    rows = commitments.documents(period)
    own = queries.seen_departments([row.key.department for row in rows], period, person_of(request))
    return [row for row in rows if own is None or row.key.department in own]


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    period, person = period_of(request, pk), person_of(request)
    may_enter = period.state != PeriodState.LOCKED and person.may(Permission.COST_EDIT)
    form = CommitmentForm(request.POST or None)
    if may_enter and form.is_valid() and _entered(request, period, form):
        return redirect("costs:commitments", pk=pk)
    rows = _documents(request, period)
    return page(
        request, "commitments", period=period, documents=rows, form=form, may_enter=may_enter,
        lines=commitments.remaining(period, rows), crumbs=month_crumbs(period, (_("Commitments"), "")),
    )  # fmt: skip


def _entered(request: HttpRequest, period: CostPeriod, form: CommitmentForm) -> bool:
    values = form.values()
    key: LineKey = values["key"]
    try:
        left = actions.commit_amount(
            period=period, by=person_of(request), now=clock.now(),
            department=queries.department_of(period, key), **values,
        )  # fmt: skip
    except actions.OverLimit as error:
        form.add_error("amount", _("Stopped.") + " " + error.remaining.sentence)
        return False
    if left.is_exceeded and left.action == LimitAction.WARN:
        messages.warning(request, _("Entered, beyond the budget.") + " " + left.sentence)
    else:
        messages.success(request, _("Saved."))
    return True


@require_POST
def cancel(request: HttpRequest, pk: int, commitment: int) -> HttpResponse:
    period = period_of(request, pk)
    found = get_object_or_404(Commitment, period=period, pk=commitment)
    key = LineKey(found.category, found.item, found.department)
    actions.cancel_commitment(
        commitment=found, department=queries.department_of(period, key),
        by=person_of(request), now=clock.now(),
    )  # fmt: skip
    return redirect("costs:commitments", pk=pk)


@require_safe
def file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    period = period_of(request, pk)
    labels = [
        _("Cost category"), _("Item name"), _("Department"), _("Document type"),
        _("Document number"), _("Amount (yuan)"), _("Invoiced (yuan)"), _("Open (yuan)"),
        _("Beyond the budget"),
    ]  # fmt: skip
    rows = [
        [
            *row.key,
            row.document_type,
            row.name,
            row.amount,
            row.invoiced,
            row.open,
            row.action.label,
        ]
        for row in _documents(request, period)
    ]
    return files.table(f"{period.key}-{_('Commitments')}", labels, rows, form)


@require_POST
def limit(request: HttpRequest) -> HttpResponse:
    form = LimitForm(request.POST, person=person_of(request))
    if form.is_valid():
        actions.limit_commitments(by=person_of(request), now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
    return redirect("costs:settings")
