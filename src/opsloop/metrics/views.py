"""The metric pages: HTTP in, one call, one page out."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from opsloop.metrics import actions, page, queries
from opsloop.metrics.forms import RevisionForm
from opsloop.metrics.models import Metric, MetricPoint
from opsloop.metrics.refusals import Refused
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.ui.paging import keyset_page


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in who is not signed in.
    assert isinstance(request.user, Person)
    return request.user


def _metric(request: HttpRequest, pk: int) -> Metric:
    return get_object_or_404(queries.metrics_visible_to(_person(request)), pk=pk)


def _crumbs(*more: tuple[Any, str]) -> list[tuple[Any, str]]:
    return [(_("Metrics"), reverse("metrics:list")), *more]


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    person, asked = _person(request), page.Filter.read(request.GET)
    found = queries.metrics_visible_to(
        person, tool=asked.tool, text=asked.text, owner=person.pk if asked.mine else None
    )
    rows = keyset_page(found, request.GET.get("after"), order="name")
    lines = page.list_lines(person, rows.rows)
    context = {
        "page": rows, "lines": lines, "asked": asked, "tools": page.tools(), "help": "metrics",
    }  # fmt: skip
    return render(request, "metrics/list.html", context)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    person, metric = _person(request), _metric(request, pk)
    asked = request.GET.get("object")
    shown = page.metric_page(person, metric, dimension=asked, number=request.GET.get("version"))
    context = {"metric": metric, "shown": shown, "crumbs": _crumbs((metric.name, ""))}
    return render(request, "metrics/detail.html", {**context, "help": "metrics"})


@require_http_methods(["GET", "HEAD", "POST"])
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    person, metric = _person(request), _metric(request, pk)
    if not queries.can_revise(person, metric):
        raise PermissionDenied
    form = RevisionForm(
        request.POST or None, version=metric.current, options=queries.options(metric)
    )
    if request.method == "POST" and form.is_valid() and _revised(request, metric, form):
        return redirect("metrics:detail", pk=pk)
    crumbs = _crumbs((metric.name, reverse("metrics:detail", args=[pk])), (_("New version"), ""))
    context = {"metric": metric, "form": form, "crumbs": crumbs, "help": "metrics"}
    return render(request, "metrics/revise.html", context)


def _revised(request: HttpRequest, metric: Metric, form: RevisionForm) -> bool:
    given = form.cleaned_data
    try:
        version = actions.revise(
            metric=metric, changes=form.changes(), reason=given["reason"],
            expected=given["expected"], by=_person(request), now=clock.now(),
        )  # fmt: skip
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(
        request,
        _("Version %(number)d is in force. Earlier values keep theirs.")
        % {"number": version.number},
    )
    return True


@require_safe
def point(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request)
    found = MetricPoint.objects.visible_to(person).select_related("version__metric", "department")
    value = get_object_or_404(found, pk=pk)
    metric = value.version.metric
    context = {
        "point": value,
        "metric": metric,
        "shown": page.point_page(person, value),
        "crumbs": _crumbs(
            (metric.name, reverse("metrics:detail", args=[metric.pk])), (value.period_key, "")
        ),
        "help": "metrics",
    }
    return render(request, "metrics/point.html", context)
