"""Deviation rules: a threshold, which side of it is bad, and how often in a row (loop.md V-09).

Everything is compared in Decimal and without division, so that exactly 10 % is exactly 10 %.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period

LIMIT = "limit"


class Comparison(TextChoices):
    OVER = "over", _("over (the limit itself is allowed)")
    AT_LEAST = "at_least", _("at or over (the limit itself counts)")
    UNDER = "under", _("under (the limit itself is allowed)")
    AT_MOST = "at_most", _("at or under (the limit itself counts)")


@dataclass(frozen=True)
class Rule:
    """`threshold` is in the metric's unit; `version` tells which definition of it spoke."""

    comparison: Comparison
    threshold: Decimal
    consecutive: int = 1
    version: int = 1
    key: str = LIMIT

    def breached_by(self, value: Decimal) -> bool:
        if self.comparison == Comparison.OVER:
            return value > self.threshold
        if self.comparison == Comparison.AT_LEAST:
            return value >= self.threshold
        if self.comparison == Comparison.UNDER:
            return value < self.threshold
        return value <= self.threshold

    def exceedance(self, value: Decimal) -> Decimal | None:
        """How far `value` lies on the bad side, in the metric's unit; None when it keeps the rule.

        An inclusive rule may be broken by 0.
        """
        return abs(value - self.threshold) if self.breached_by(value) else None


@dataclass(frozen=True)
class Exceedance:
    """The rule is broken in `period`, the last of `run` breaches in a row."""

    rule: Rule
    period: Period
    value: Decimal
    amount: Decimal
    run: int


def exceedances(
    rule: Rule, points: Iterable[tuple[Period, Decimal | None]]
) -> tuple[Exceedance, ...]:
    """Every closed period, oldest first, at which the rule's consecutive count is reached.

    A period without a value neither breaks the rule nor ends a run.
    """
    found: list[Exceedance] = []
    run = 0
    for period, value in points:
        if value is None:
            continue
        amount = rule.exceedance(value)
        run = 0 if amount is None else run + 1
        if amount is not None and run >= rule.consecutive:
            found.append(Exceedance(rule, period, value, amount, run))
    return tuple(found)


def beyond_percent(actual: Decimal, base: Decimal, percent: Decimal) -> bool:
    """Is |actual − base| over `percent` % of |base|? The bound itself is allowed (超过)."""
    return abs(actual - base) * 100 > percent * abs(base)
