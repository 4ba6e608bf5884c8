"""The months: their list, their form, and the steps of their review."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsloop.costs import actions, attention, bridge, detection, pictures, queries
from opsloop.costs.effects import split
from opsloop.costs.forms import CommentForm, PeriodForm
from opsloop.costs.models import CostPeriod, Restatement
from opsloop.costs.rules import rules_of
from opsloop.costs.sheet import COST_ANALYSIS
from opsloop.costs.views.shared import month_crumbs, page, period_of, person_of
from opsloop.org import clock
from opsloop.ui.paging import keyset_page

MONTHS_A_PAGE = 12
UNITS = {"yuan": 1, "wan": 10_000}


def _view(request: HttpRequest) -> queries.View:
    page = request.GET.get("page", "1")
    return queries.View(
        show=request.GET.get("show", "all"),
        page=max(int(page), 1) if page.isdecimal() else 1,
        scale=UNITS.get(request.GET.get("unit", "yuan"), 1),
    )


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    rows = keyset_page(
        queries.periods(person), request.GET.get("after"), order="-period_no", size=MONTHS_A_PAGE
    )
    return page(
        request, "list", page=rows, ready=queries.readiness(person), crumbs=[(_("Costs"), "")],
        months=[queries.summary(period, person) for period in rows.rows],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = PeriodForm(
        request.POST or None, person=person, initial=queries.suggested_month(person, clock.today())
    )
    if form.is_valid():
        try:
            period = actions.define_period(by=person, now=clock.now(), **form.cleaned_data)
            return redirect("costs:detail", pk=period.pk)
        except actions.MonthTaken:
            form.add_error("month", _("This month of this ledger already exists."))
    return page(request, "form", form=form)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    period, person, view = period_of(request, pk), person_of(request), _view(request)
    month = queries.month(period, person, view)
    return page(
        request, "detail", month=month, period=period, view=view,
        unit=request.GET.get("unit", "yuan"), columns=COST_ANALYSIS.printed_columns,
        bridge=bridge.option(month), choices=bridge.choices(month),
        kinds=pictures.kinds_around(period.period.start, "month"),
        neighbours=queries.neighbours(period, person),
        findings=attention.findings(month.marks, person, clock.today()),
        may_review=queries.may_review(period, person),
        step=queries.next_step(period), comment=CommentForm(),
        restatements=Restatement.objects.filter(period=period).select_related("restated_by"),
        crumbs=month_crumbs(period),
    )  # fmt: skip


@require_safe
def effects(request: HttpRequest, pk: int) -> HttpResponse:
    """Price and quantity, mix, loss and hours of a whole month."""
    period = period_of(request, pk)
    return page(
        request, "effects", period=period, split=split(period, person_of(request)),
        closing=bridge.closing_text(rules_of(period).closing),
        crumbs=month_crumbs(period, (_("Price and quantity"), "")),
    )  # fmt: skip


@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The month's report on paper: the form, the bridge, price and quantity (R-06)."""
    period, person = period_of(request, pk), person_of(request)
    month = queries.month(period, person, queries.View(page=0))
    return page(
        request, "report", month=month, period=period, columns=COST_ANALYSIS.printed_columns,
        bridge=bridge.option(month), split=split(period, person),
        closing=bridge.closing_text(month.closing), now=clock.now(),
        restatements=Restatement.objects.filter(period=period).select_related("restated_by"),
        crumbs=month_crumbs(period, (_("Report"), "")),
    )  # fmt: skip


def _step(request: HttpRequest, pk: int, act: Callable[[CostPeriod], str]) -> HttpResponse:
    """Run one action of a month; what it refuses becomes one sentence on the page."""
    period = period_of(request, pk)
    try:
        messages.success(request, act(period))
    except actions.WrongState:
        messages.info(request, _("Somebody already changed the state of this month."))
    except actions.OwnImport:
        messages.error(
            request,
            _("You imported these figures yourself: somebody else of finance has to review them."),
        )
    except actions.NothingPosted:
        messages.error(request, _("There is nothing to review: no line is posted in this month."))
    except actions.NothingNew:
        messages.info(request, _("No posting arrived since the month was locked."))
    return redirect("costs:detail", pk=pk)


def _found(count: int) -> str:
    return _("Deviations in the loop for this month: %(count)d.") % {"count": count}


@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    by, now = person_of(request), clock.now()
    return _step(
        request, pk,
        lambda period: _("Reviewed.") + " " + _found(actions.review(period=period, by=by, now=now)),
    )  # fmt: skip


@require_POST
def collect(request: HttpRequest, pk: int) -> HttpResponse:
    by, now, comment = person_of(request), clock.now(), request.POST.get("comment", "")[:500]

    def act(period: CostPeriod) -> str:
        actions.collect_again(period=period, comment=comment, by=by, now=now)
        return _("The month is open again; its figures follow the data sets.")

    return _step(request, pk, act)


@require_POST
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    by, now = person_of(request), clock.now()

    def act(period: CostPeriod) -> str:
        actions.lock(period=period, by=by, now=now)
        return _("Locked. Later postings become a restatement.")

    return _step(request, pk, act)


@require_POST
def restate(request: HttpRequest, pk: int) -> HttpResponse:
    by, now, comment = person_of(request), clock.now(), request.POST.get("comment", "")[:500]

    def act(period: CostPeriod) -> str:
        actions.restate(period=period, comment=comment, by=by, now=now)
        return _("Restated; the totals before are kept below.")

    return _step(request, pk, act)


@require_POST
def detect(request: HttpRequest, pk: int) -> HttpResponse:
    by, now = person_of(request), clock.now()
    return _step(
        request, pk,
        lambda period: _found(detection.raise_deviations(period=period, by=by, now=now)),
    )  # fmt: skip
