"""A month, a quarter, a year at a glance."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from opsloop.analysis.period import BadPeriod, Period
from opsloop.costs import overview, pictures
from opsloop.costs.views.months import UNITS
from opsloop.costs.views.shared import page, person_of
from opsloop.org import clock


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    person, unit = person_of(request), request.GET.get("unit", "yuan")
    key = asked_period(request) or overview.latest(person)
    ledger = request.GET.get("ledger", "")
    found = overview.overview(
        person, key=key or Period.containing("month", clock.today()),
        ledger=int(ledger) if ledger.isdecimal() else None, scale=UNITS.get(unit, 1),
        today=clock.today(),
    )  # fmt: skip
    return page(
        request, "overview", overview=found, unit=unit,
        kinds=pictures.kinds(found) if found else (),
        pictures=pictures.of(found) if found and found.months else {},
        subtitle=_("Monthly analysis, quarterly review, annual assessment"),
    )  # fmt: skip


def asked_period(request: HttpRequest) -> Period | None:
    """The month, quarter or year an address names."""
    try:
        found = Period.parse(request.GET.get("period", ""))
    except BadPeriod:
        return None
    return found if found.kind in overview.KINDS else None
