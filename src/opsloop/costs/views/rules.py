"""The company's rules: thresholds, the cost tree, activities, shared cost centres."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from opsloop.costs import actions, queries
from opsloop.costs.forms import (
    ActivityForm,
    ActivityValueForm,
    CategoryForm,
    LimitForm,
    SettingsForm,
    ShareForm,
    TemplateForm,
)
from opsloop.costs.models import CommitmentLimit, CostSettings
from opsloop.costs.views.shared import page, person_of
from opsloop.org import clock


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = SettingsForm(request.POST or None, instance=CostSettings.current())
    if form.is_valid():
        actions.change_settings(values=form.cleaned_data, by=person, now=clock.now())
        messages.success(request, _("Saved."))
        return redirect("costs:settings")
    return page(
        request, "settings", form=form, seed=TemplateForm(), tree=queries.category_tree(person),
        category_form=CategoryForm(person=person), activity_form=ActivityForm(),
        value_form=ActivityValueForm(person=person), share_form=ShareForm(),
        limits=CommitmentLimit.objects.visible_to(person).select_related("category"),
        limit_form=LimitForm(person=person), activities=queries.activities(person), shares=queries.shares(person),
        may_change=queries.may_change_settings(person),
    )  # fmt: skip


@require_POST
def seed(request: HttpRequest) -> HttpResponse:
    form = TemplateForm(request.POST)
    if form.is_valid():
        added = actions.seed_categories(by=person_of(request), now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Categories added: %(count)d.") % {"count": added})
    return redirect("costs:settings")


@require_POST
def category(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = CategoryForm(request.POST, person=person)
    if form.is_valid():
        try:
            actions.save_category(by=person, now=clock.now(), **form.cleaned_data)
            messages.success(request, _("Saved."))
        except actions.OwnAncestor:
            messages.error(request, _("A category cannot lie below itself."))
    return redirect("costs:settings")


@require_POST
def activity(request: HttpRequest) -> HttpResponse:
    form = ActivityForm(request.POST)
    if form.is_valid():
        actions.save_activity(by=person_of(request), now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
    return redirect("costs:settings")


@require_POST
def activity_value(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = ActivityValueForm(request.POST, person=person)
    if form.is_valid():
        values = dict(form.cleaned_data)
        month = values.pop("month")
        try:
            actions.report_activity(period_no=month, by=person, now=clock.now(), **values)
            messages.success(request, _("Saved."))
        except actions.WrongState:
            messages.error(request, _("A reviewed month keeps its figures as they are."))
    return redirect("costs:settings")


@require_POST
def share(request: HttpRequest) -> HttpResponse:
    person, form = person_of(request), ShareForm(request.POST)
    if form.is_valid():
        shared, department = form.cleaned_data["shared"].strip(), form.cleaned_data["department"]
        weights = queries.weights(shared) | {department: form.cleaned_data["weight"]}
        actions.share_cost(
            shared=shared, weights={one: weight for one, weight in weights.items() if weight},
            by=person, now=clock.now(),
        )  # fmt: skip
        messages.success(request, _("Saved."))
    return redirect("costs:settings")
