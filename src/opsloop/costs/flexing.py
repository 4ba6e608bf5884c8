"""A line's budget flexed to what really happened: by an activity it follows (C-51)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from opsloop.analysis.fen import rounded
from opsloop.analysis.flexible_budget import FlexedBudget, NoDriver, flex
from opsloop.analysis.variance import Variance
from opsloop.costs.models import ActivityValue, Behaviour, CostItem


@dataclass(frozen=True)
class Flexer:
    """How an item's budget follows its activity over some months."""

    activity: str
    fixed_percent: Decimal
    planned: Decimal
    actual: Decimal

    def flex(self, variance: Variance) -> FlexedBudget | None:
        """The line's flexed budget; None without a budget or without a planned activity."""
        if variance.base_fen is None:
            return None
        fixed = rounded(variance.base_fen * Fraction(self.fixed_percent) / 100)
        try:
            return flex(
                fixed_fen=fixed, variable_fen=variance.base_fen - fixed,
                planned_driver=self.planned, actual_driver=self.actual,
                actual_fen=variance.actual_fen,
            )  # fmt: skip
        except NoDriver:
            return None


def flexers(months: Iterable[int]) -> dict[tuple[str, str], Flexer]:
    """By (category, item): every variable or mixed item whose activity is known in all months."""
    wanted = set(months)
    items = CostItem.objects.unscoped("the rule is the company's").exclude(
        behaviour=Behaviour.FIXED
    )
    values: dict[int, list[ActivityValue]] = {}
    for value in ActivityValue.objects.filter(period_no__in=wanted, actual__isnull=False):
        values.setdefault(value.activity_id, []).append(value)
    found = {}
    for item in items.filter(activity__isnull=False).select_related("category", "activity"):
        known = values.get(item.activity_id or 0, [])
        if len(known) == len(wanted):
            mixed = item.behaviour == Behaviour.MIXED
            found[item.category.name, item.name] = Flexer(
                str(item.activity), item.fixed_percent if mixed else Decimal(0),
                sum((value.planned for value in known), Decimal(0)),
                sum((value.actual or Decimal(0) for value in known), Decimal(0)),
            )  # fmt: skip
    return found
