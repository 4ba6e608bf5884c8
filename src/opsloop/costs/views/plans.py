"""Annual budgets: the list of revisions, one revision with its lines, its approval."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.analysis.distribution import NotDistributable
from opsloop.costs import actions, files, plans
from opsloop.costs.forms import DraftForm, PlanLineForm
from opsloop.costs.models import AnnualBudget, AnnualLine
from opsloop.costs.views.shared import page, person_of
from opsloop.org import clock


def _budget(request: HttpRequest, pk: int) -> AnnualBudget:
    rows = AnnualBudget.objects.visible_to(person_of(request))
    found: AnnualBudget = get_object_or_404(
        rows.select_related("dataset__department", "revision_of", "made_by", "approved_by"), pk=pk
    )
    return found


def _plan(request: HttpRequest, budget: AnnualBudget, **context: Any) -> HttpResponse:
    crumbs = [
        (_("Costs"), reverse("costs:list")),
        (_("Annual budgets"), reverse("costs:budgets")),
        (f"{budget.year} R{budget.revision}", ""),
    ]
    plan = plans.plan(budget, person_of(request))
    return page(request, "budget", plan=plan, crumbs=crumbs, **context)


@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = DraftForm(request.POST or None, person=person, initial={"year": clock.today().year})
    if form.is_valid():
        try:
            budget = actions.draft_budget(by=person, now=clock.now(), **form.cleaned_data)
            return redirect("costs:budget", pk=budget.pk)
        except actions.BudgetTaken:
            form.add_error("year", _("A draft of this year is already open."))
        except actions.Occupied:
            form.add_error("dataset", _("This data set holds a budget from a file; use another."))
    return page(request, "budgets", budgets=plans.budgets(person), form=form)


@require_safe
def listing_file(request: HttpRequest, form: str) -> HttpResponse:
    found = plans.budgets(person_of(request))
    return files.table(_("Annual budgets"), *plans.list_table(found), form)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    budget = _budget(request, pk)
    line = budget.lines.filter(pk=request.GET.get("line") or 0).first()
    return _plan(request, budget, edited=line, form=PlanLineForm.of(line))


@require_safe
def file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """One revision as a table: a line a row, its twelve months beside each other."""
    found = plans.plan(_budget(request, pk), person_of(request))
    name = f"{found.budget.dataset.name} {found.budget}"
    return files.table(name, *plans.as_table(found), form)


@require_POST
def line(request: HttpRequest, pk: int) -> HttpResponse:
    budget, person = _budget(request, pk), person_of(request)
    form = PlanLineForm(request.POST)
    if not form.is_valid():
        return _plan(request, budget, form=form, edited=None)
    try:
        actions.plan_line(budget=budget, by=person, now=clock.now(), **form.values())
        messages.success(request, _("Saved."))
    except NotDistributable:
        messages.error(request, _("The months do not sum to the year."))
    except actions.WrongState:
        messages.error(request, _("An approved budget is changed by a revision."))
    return redirect("costs:budget", pk=pk)


@require_POST
def drop(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    found = get_object_or_404(AnnualLine, pk=line, budget=_budget(request, pk))
    try:
        actions.drop_line(line=found, by=person_of(request), now=clock.now())
    except actions.WrongState:
        messages.error(request, _("An approved budget is changed by a revision."))
    return redirect("costs:budget", pk=pk)


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    budget = _budget(request, pk)
    try:
        actions.approve_budget(budget=budget, by=person_of(request), now=clock.now())
        messages.success(request, _("In force: the months now compare with it."))
    except actions.OwnImport:
        messages.error(request, _("Somebody else than its maker approves a budget."))
    except actions.NothingPlanned:
        messages.error(request, _("There is nothing to approve: the budget has no lines."))
    except (actions.WrongState, actions.Occupied):
        messages.error(request, _("An approved budget is changed by a revision."))
    return redirect("costs:budget", pk=pk)
