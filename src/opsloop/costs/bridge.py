"""Pictures and words of a month's variance, from the same figures as the form."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis.price_quantity import Closing
from opsloop.costs.models import CLOSINGS
from opsloop.costs.queries import Month
from opsloop.costs.tracking import Tracking
from opsloop.ui import charts
from opsloop.ui.charts import Number, Option


def option(month: Month) -> dict[str, Any] | None:
    """Budget → actual by the lines that moved most; None without anything to bridge."""
    if month.total.base is None or not month.steps:
        return None
    unit = _("10k yuan") if month.total.scale > 1 else _("yuan")
    steps = [(name or _("All other lines"), amount) for name, amount in month.steps]
    return zoomed(month.total.base, steps, end=_("Actual"), unit=unit)


def zoomed(start: Number, steps: Sequence[tuple[str, Number]], *, end: str, unit: str) -> Option:
    """A waterfall whose axis begins just below its lowest level, so that small steps are seen.

    The first and last bar are then no longer proportional: the axis says so.
    """
    option = charts.waterfall(start=(_("Budget"), start), steps=steps, end=end, unit=unit)
    every_label(option)
    level = lowest = highest = Decimal(start)
    for _name, amount in steps:
        level += Decimal(amount)
        lowest, highest = min(lowest, level), max(highest, level)
    room = (highest - lowest) / 2
    if lowest - room > (highest - lowest):
        digit = Decimal(1).scaleb((highest - lowest).adjusted()) if highest > lowest else Decimal(1)
        floor = ((lowest - room) / digit).to_integral_value(ROUND_FLOOR) * digit
        option["yAxis"] |= {
            "min": float(floor),
            "name": _("%(unit)s, axis not from 0") % {"unit": unit},
        }
    return option


def every_label(option: Option) -> Option:
    """Name every bar of a chart as far as the names fit beside each other."""
    option["xAxis"]["axisLabel"] = {"interval": 0, "hideOverlap": True}
    return option


def tracked(found: Tracking) -> Option | None:
    """The variance rate of a line over its months, with the start of what was done about it."""
    rates = [one.amounts.rate for one in found.months]
    labels = [one.key for one in found.months]
    if sum(rate is not None for rate in rates) < 2:
        return None
    starts = [(found.started, _("Countermeasure starts"))] if found.started in labels else []
    return charts.line(
        labels=labels, values=[None if rate is None else round(rate * 100, 2) for rate in rates],
        name=_("Variance rate"), unit="%", interventions=starts,
    )  # fmt: skip


def closing_text(closing: Closing) -> str:
    """What happens to the joint effect, in the words of the settings page."""
    return str(dict(CLOSINGS)[closing])


def choices(month: Month) -> list[tuple[str, str, int]]:
    """The filters above the form with the number of lines each shows."""
    words = {
        "all": _("All lines"),
        "flagged": _("Beyond the threshold"),
        "silent": _("Without a reason"),
        "doubted": _("Reason against the numbers"),
        "unbudgeted": _("Without a budget"),
        "unspent": _("Without spending"),
    }
    kept = {"all", "flagged", "unbudgeted", "unspent"}
    return [(key, words[key], count) for key, count in month.counts.items() if count or key in kept]
