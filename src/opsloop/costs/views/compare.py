"""A period beside several bases at once, by any dimension; the same table as a file."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from opsloop.analysis.period import Period
from opsloop.costs import files, overview, pictures, side_by_side
from opsloop.costs.side_by_side import DIMENSIONS, Comparison, Narrow
from opsloop.costs.views.months import UNITS
from opsloop.costs.views.overview import asked_period
from opsloop.costs.views.shared import page, person_of
from opsloop.org import clock


def _comparison(request: HttpRequest) -> Comparison | None:
    """What the address asks for; None while no month of the period was defined."""
    person, asked = person_of(request), request.GET
    key = asked_period(request) or overview.latest(person)
    ledger = asked.get("ledger", "")
    found = overview.overview(
        person, key=key or Period.containing("month", clock.today()),
        ledger=int(ledger) if ledger.isdecimal() else None,
        scale=UNITS.get(asked.get("unit", "yuan"), 1), today=clock.today(),
    )  # fmt: skip
    if found is None or not found.months:
        return None
    by, within = asked.get("by", "category"), asked.get("in", "")
    narrow = Narrow(within, asked.get("name", "")) if within in DIMENSIONS else Narrow()
    return side_by_side.compare(
        found, by=by if by in DIMENSIONS else "category", keys=asked.getlist("with"), narrow=narrow
    )


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    found = _comparison(request)
    crumbs = [
        (_("Costs"), reverse("costs:list")),
        (_("Overview"), f"{reverse('costs:overview')}?{_address(found)}"),
        (_("Side by side"), ""),
    ]
    return page(
        request, "compare", found=found, crumbs=crumbs, unit=request.GET.get("unit", "yuan"),
        **(_shown(found) if found else {}),
    )  # fmt: skip


def _address(found: Comparison | None, **more: str) -> str:
    """The part of an address that names the period and the ledger."""
    if found is None:
        return urlencode(more)
    named = {"period": found.overview.period.key, "ledger": found.overview.newest.ledger_id}
    return urlencode({**named, **more})


def _shown(found: Comparison) -> dict[str, Any]:
    chosen = {base.key for base in found.bases}
    kept = [("with", base.key) for base in found.bases]
    finer = "item" if found.by != "item" else "department"
    return {
        "offered": [(base, base.key in chosen) for base in side_by_side.offered(found.overview)],
        "dimensions": [(key, label, key == found.by) for key, label in DIMENSIONS.items()],
        "dimension": DIMENSIONS[found.by],
        "narrowed": DIMENSIONS.get(found.narrow.dimension),
        "kinds": pictures.kinds(found.overview),
        "rows": found.rows[: side_by_side.MOST_ROWS],
        "here": _address(found),
        "into": f"{_address(found, by=finer)}&{urlencode([*kept, ('in', found.by)])}",
        "chart": pictures.beside(found),
    }


@require_safe
def file(request: HttpRequest, form: str) -> HttpResponse:
    found = _comparison(request)
    if found is None:
        raise Http404
    labels = [str(DIMENSIONS[found.by]), _("Actual")]
    for base in found.bases:
        labels += [
            base.label, f"{_('Variance')} · {base.label}", f"{_('Variance rate (%)')} · {base.label}",
        ]  # fmt: skip
    rows = [_cells(row) for row in found.rows]
    total = [_("Total"), *_cells(found.total)[1:]]
    return files.table(f"{found.overview.period.key}-{found.by}", labels, [*rows, total], form)


def _percent(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else round(rate * 100, 2)


def _cells(row: side_by_side.Row) -> Sequence[Any]:
    cells: list[Any] = [row.name, row.actual.actual]
    for one in row.beside:
        cells += [one.base, one.delta if one.base is not None else None, _percent(one.rate)]
    return cells
