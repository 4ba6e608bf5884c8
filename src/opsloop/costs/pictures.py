"""The charts of the overview, from its own figures."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.analysis.period import Period, PeriodKind
from opsloop.costs.bridge import every_label, zoomed
from opsloop.costs.overview import TOP, Overview
from opsloop.costs.side_by_side import Comparison
from opsloop.ui import charts
from opsloop.ui.charts import Number, Option

NAMES: dict[PeriodKind, Promise] = {
    "month": gettext_lazy("Monthly analysis"),
    "quarter": gettext_lazy("Quarterly review"),
    "year": gettext_lazy("Annual assessment"),
}


@dataclass(frozen=True)
class Kind:
    """One of month, quarter, year around the same day."""

    label: Promise
    key: str
    is_here: bool


def kinds(overview: Overview) -> tuple[Kind, ...]:
    """The same time by month, by quarter and by year."""
    day = overview.months[-1].period.start if overview.months else overview.period.start
    return kinds_around(day, overview.period.kind)


def kinds_around(day: date, here: PeriodKind) -> tuple[Kind, ...]:
    """The month, quarter and year of a day, one of which is on the page."""
    return tuple(
        Kind(label, Period.containing(kind, day).key, kind == here) for kind, label in NAMES.items()
    )


def beside(found: Comparison) -> Option | None:
    """Spending and every base of the largest names; None without a base."""
    rows = [row for row in found.rows if not row.actual.is_points][:TOP]
    if not rows or not any(one.base is not None for one in found.total.beside):
        return None
    series: dict[str, list[Number | None]] = {_("Actual"): [row.actual.actual for row in rows]}
    for at, base in enumerate(found.bases):
        series[base.label] = [row.beside[at].base for row in rows]
    unit = _("10k yuan") if found.overview.scale > 1 else _("yuan")
    return every_label(
        charts.bars(labels=[row.name or _("Not stated") for row in rows], series=series, unit=unit)
    )


def of(overview: Overview) -> dict[str, Option]:
    """Bridge, trend and Pareto, as far as there is something to draw."""
    unit = _("10k yuan") if overview.scale > 1 else _("yuan")
    found: dict[str, Option] = {}
    if overview.total.base is not None and overview.steps:
        steps = [(name or _("All other lines"), amount) for name, amount in overview.steps]
        found["bridge"] = zoomed(overview.total.base, steps, end=_("Actual"), unit=unit)
    if len(overview.trend) > 1:
        labels = [key for key, _amounts in overview.trend]
        found["trend"] = charts.bars(
            labels=labels, unit=unit,
            series={
                _("Budget"): [amounts.base for _key, amounts in overview.trend],
                _("Actual"): [amounts.actual for _key, amounts in overview.trend],
            },
        )  # fmt: skip
    if overview.pareto:
        names, values = zip(*overview.pareto, strict=True)
        found["pareto"] = every_label(
            charts.pareto(labels=names, values=values, name=_("Overspent"), unit=unit)
        )
    return found
