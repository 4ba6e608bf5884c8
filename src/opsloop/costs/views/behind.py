"""The facts behind a figure: listed, narrowed, taken away."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from opsloop.analysis.period import BadPeriod, Period
from opsloop.costs import drilling, fact_sheet, overview
from opsloop.costs.forms import NarrowingForm
from opsloop.costs.models import CostPeriod
from opsloop.costs.source import opened
from opsloop.costs.views.shared import month_crumbs, page, period_of, person_of
from opsloop.org import clock

_NAMES = ("category", "item", "department")


def _figure(request: HttpRequest, period: CostPeriod) -> drilling.Figure:
    asked = request.GET
    try:
        span = Period.parse(asked["span"]) if asked.get("span") else period.period
    except BadPeriod as error:
        raise Http404 from error
    if span.kind not in overview.KINDS:
        raise Http404
    return drilling.Figure(
        span, "base" if asked.get("side") == "base" else "actual",
        **{name: asked[name] for name in _NAMES if name in asked},
    )  # fmt: skip


def _behind(request: HttpRequest, period: CostPeriod, form: NarrowingForm) -> drilling.Behind:
    narrowing = drilling.Narrowing(**form.cleaned_data) if form.is_valid() else drilling.Narrowing()
    return drilling.behind(period, _figure(request, period), person_of(request), narrowing)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The facts of one figure of the month `pk`, or of the quarter or year up to it."""
    period, form = period_of(request, pk), NarrowingForm(request.GET)
    found = _behind(request, period, form)
    number = request.GET.get("page", "1")
    at = min(max(int(number), 1) if number.isdecimal() else 1, found.pages)
    rows = found.page(at)
    asked = request.GET.copy()
    asked.pop("page", None)
    return page(
        request, "facts", period=period, behind=found, form=form, rows=rows, at=at,
        opened=opened(person_of(request), (one.batch_id for one in rows)),
        label=fact_sheet.label(found.figure), query=asked.urlencode(),
        kept=[(name, asked[name]) for name in ("span", "side", *_NAMES) if name in asked],
        crumbs=month_crumbs(period, (_("Lines behind a figure"), "")),
    )  # fmt: skip


@require_safe
def file(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """What is listed, with the formats it is shown in."""
    period = period_of(request, pk)
    try:
        found = _behind(request, period, NarrowingForm(request.GET))
        return fact_sheet.file(found, form, clock.now())
    except KeyError as error:
        raise Http404 from error
