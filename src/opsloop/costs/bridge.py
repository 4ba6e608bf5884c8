"""Pictures and words of a month's variance, from the same figures as the form."""

from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis.price_quantity import Closing
from opsloop.costs.models import CLOSINGS
from opsloop.costs.queries import Month
from opsloop.ui import charts


def option(month: Month) -> dict[str, Any] | None:
    """Budget → actual by the lines that moved most; None without anything to bridge."""
    if month.total.base is None or not month.steps:
        return None
    unit = _("10k yuan") if month.total.scale > 1 else _("yuan")
    steps = [(name or _("All other lines"), amount) for name, amount in month.steps]
    start = (_("Budget"), month.total.base)
    return charts.waterfall(start=start, steps=steps, end=_("Actual"), unit=unit)


def closing_text(closing: Closing) -> str:
    """What happens to the joint effect, in the words of the settings page."""
    return str(dict(CLOSINGS)[closing])


def choices(month: Month) -> list[tuple[str, str, int]]:
    """The filters above the form with the number of lines each shows."""
    words = {
        "all": _("All lines"),
        "flagged": _("Beyond the threshold"),
        "unbudgeted": _("Without a budget"),
        "unspent": _("Without spending"),
    }
    return [(key, words[key], count) for key, count in month.counts.items()]
