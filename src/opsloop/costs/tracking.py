"""A line month by month around what was done about it: before and after, never a verdict (C-16).

A month within its swing returns by itself (V-06), so means are shown over all months before and
since, never against the month that raised the deviation alone; the loop computes the verdict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis.variance import Variance, total
from opsloop.costs import figures
from opsloop.costs.flexing import flexers
from opsloop.costs.form_lines import Amounts, Row
from opsloop.costs.models import CostPeriod
from opsloop.costs.rules import rules_of
from opsloop.loop.models import Countermeasure
from opsloop.loop.states import CountermeasureStatus
from opsloop.org.models import Person

MONTHS = 8


@dataclass(frozen=True)
class Tracked:
    """One month of the line against its base, flexed to its activity where it follows one."""

    key: str
    amounts: Amounts
    since: bool


@dataclass(frozen=True)
class Tracking:
    """The months around the start of the first countermeasure; `started` is its month."""

    months: tuple[Tracked, ...]
    started: str
    flexed: bool

    @property
    def before(self) -> Amounts | None:
        return self._mean(since=False)

    @property
    def after(self) -> Amounts | None:
        return self._mean(since=True)

    def _mean(self, *, since: bool) -> Amounts | None:
        """Σ over the months: its rate is ΣΔ / Σbase."""
        own = [one.amounts for one in self.months if one.since == since]
        return Amounts(total(one.variance for one in own), own[0].polarity) if own else None

    def count(self, *, since: bool) -> int:
        return sum(one.since == since for one in self.months)

    @property
    def counts(self) -> dict[str, int]:
        return {"before": self.count(since=False), "after": self.count(since=True)}


def as_table(found: Tracking | None) -> tuple[list[str], list[list[Any]]]:
    """Labels and rows of the months in yuan; the rate as a number (0.3 = 30 %). None has none."""
    labels = [
        _("Month"), _("Base (yuan)"), _("Actual (yuan)"), _("Variance (yuan)"),
        _("Variance rate"), _("Countermeasure works"),
    ]  # fmt: skip
    rows = [
        [
            one.key, one.amounts.in_yuan.base, one.amounts.in_yuan.actual,
            one.amounts.in_yuan.delta, one.amounts.rate, _("Yes") if one.since else _("No"),
        ]
        for one in (found.months if found else ())
    ]  # fmt: skip
    return labels, rows


def tracking(period: CostPeriod, row: Row, person: Person) -> Tracking | None:
    """The line around its countermeasure; None while nothing was started about it."""
    started = _started(row)
    if not started:
        return None
    months = CostPeriod.objects.visible_to(person).filter(ledger=period.ledger_id)
    newest = months.select_related("ledger", "budget", "forecast").order_by("-period_no")[:MONTHS]
    shown = sorted(newest, key=lambda month: month.period_no)
    follows = bool(row.item and row.item.activity_id)
    found = [Tracked(month.key, one, month.key >= started)
             for month, one in _lines(shown, row, flexed=follows)]  # fmt: skip
    return Tracking(tuple(found), started, follows) if found else None


def _started(row: Row) -> str:
    """The month in which the first countermeasure of the deviation began to work, as `2024-06`."""
    if row.loop is None:
        return ""
    known = Countermeasure.objects.unscoped("shown to this person beside the line").filter(
        deviation=row.loop.deviation_id, started_at__isnull=False
    )
    first = known.exclude(status=CountermeasureStatus.CANCELLED).order_by("start_on").first()
    return f"{first.start_on:%Y-%m}" if first else ""


def _lines(
    months: Iterable[CostPeriod], row: Row, *, flexed: bool
) -> Iterable[tuple[CostPeriod, Amounts]]:
    for month in months:
        lines = figures.lines(figures.sources_of(month), month.period_no, rules_of(month))
        line = lines.find(row.key)
        if line is None:
            continue
        variance = line.variance
        if flexed:
            follower = flexers([month.period_no]).get((row.key.category, row.key.item))
            moved = follower.flex(variance) if follower else None
            if moved is not None:
                variance = Variance(moved.actual_fen, moved.flexed_fen)
        yield month, Amounts(variance, row.polarity)
