"""From a reviewed month to the loop: each line beyond the threshold becomes one deviation.

A line whose budget follows an activity is judged against the budget flexed to it. A fully quantified
line whose price left the budget is measured by its price at the actual quantity, so that growth
does not hide a saving; a percentage by its own level, so many points from its base; any other line
by its variance rate. Lines without a usable base have no rate: they stay marked on the form and
wait for a budget.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.fen import rounded, to_yuan
from opsloop.analysis.variance import BaseCase, Line, Lines, Materiality, as_polarity
from opsloop.costs import figures
from opsloop.costs.flexing import Flexer, flexers
from opsloop.costs.keys import ACTIVITY_RATE, FLEXED_RATE, RATIO, VARIANCE_RATE, LineKey
from opsloop.costs.models import BaseKind as Compared
from opsloop.costs.models import CostCategory, CostPeriod, CostSettings
from opsloop.costs.rules import Rules, rules_of
from opsloop.costs.source import homes
from opsloop.loop.actions.detection import raise_deviation
from opsloop.loop.states import BaseKind, Severity
from opsloop.metrics.actions import NEXT_STATES, Dimension, define, set_state, store_points
from opsloop.metrics.models import Metric, MetricPoint, MetricVersion, PointState
from opsloop.metrics.register import Measurement
from opsloop.org.models import Person

RULE = "threshold"
NAMES = {
    VARIANCE_RATE: _("Cost variance rate"),
    FLEXED_RATE: _("Price variance rate at the actual quantity"),
    ACTIVITY_RATE: _("Variance rate against the flexed budget"),
    RATIO: _("Cost ratio"),
}
_WHOLE = 10_000  # 100 % in hundredths of a per cent


@dataclass(frozen=True)
class Found:
    """One line beyond the threshold: the metric that says so, as variance over base in 分."""

    key: LineKey
    source: str
    variance_fen: int
    base_fen: int
    rule: Materiality

    @property
    def rate(self) -> Fraction:
        return Fraction(self.variance_fen, abs(self.base_fen))

    @property
    def bound(self) -> Fraction:
        return Fraction(self.rule.percent) / 100

    @property
    def measured(self) -> Decimal:
        return _rounded(self.rate)

    @property
    def limit(self) -> Decimal:
        """The threshold on the side that was exceeded: over budget, or income under it."""
        return _rounded(self.bound if self.rate >= 0 else -self.bound)

    @property
    def exceedance(self) -> Decimal:
        """How far beyond the threshold; 0 when only the hard amount was exceeded."""
        return _rounded(max(abs(self.rate) - self.bound, Fraction(0)))

    @property
    def parts(self) -> tuple[Decimal, Decimal]:
        """What the measured value is made of: variance and base in yuan."""
        return to_yuan(self.variance_fen), to_yuan(abs(self.base_fen))

    @property
    def money(self) -> Decimal | None:
        return to_yuan(abs(self.variance_fen))

    @property
    def severity(self) -> Severity:
        """Up to twice the threshold moderate, up to five times major, beyond that critical."""
        if self.bound == 0 or abs(self.rate) > 5 * self.bound:
            return Severity.CRITICAL
        return Severity.MAJOR if abs(self.rate) > 2 * self.bound else Severity.MODERATE


@dataclass(frozen=True)
class FoundRatio(Found):
    """A percentage beyond its base by more than so many points; amounts are hundredths of 1 %.

    `rate` is the distance (0.02 = 2 points), never a percentage of a percentage (C-35).
    """

    @property
    def rate(self) -> Fraction:
        return Fraction(self.variance_fen, _WHOLE)

    @property
    def measured(self) -> Decimal:
        return _rounded(Fraction(self.base_fen + self.variance_fen, _WHOLE))

    @property
    def limit(self) -> Decimal:
        """The base and the points allowed on the side that was exceeded."""
        allowed = self.bound if self.rate >= 0 else -self.bound
        return _rounded(Fraction(self.base_fen, _WHOLE) + allowed)

    @property
    def parts(self) -> tuple[Decimal, Decimal]:
        return to_yuan(self.base_fen + self.variance_fen), to_yuan(_WHOLE)

    @property
    def money(self) -> None:
        return None


def _rounded(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(Decimal("0.000001"))


def exceeding(
    lines: Lines, rules: Rules, followers: Mapping[tuple[str, str], Flexer]
) -> Iterator[Found]:
    """The flagged, unfavourable lines of a month that have a rate or are one."""
    rule, points = rules.materiality, Materiality(rules.points)
    tree = CostCategory.objects.unscoped("the rule is the company's")
    polarities = dict(tree.values_list("name", "polarity"))
    for line in lines.take(lines.flagged):
        key, variance = figures.key_of(line), line.variance
        against = variance.favourable(as_polarity(polarities.get(key.category))) is False
        if against and variance.base_case is BaseCase.POINTS:
            yield FoundRatio(key, RATIO, variance.fen, variance.base_fen or 0, points)
        if not against or variance.rate is None:
            continue
        follower = followers.get((key.category, key.item))
        by_activity = follower.flex(variance) if follower else None
        if by_activity is not None:
            moved = by_activity.flexible_fen, by_activity.flexed_fen
            if by_activity.flexed_fen and moved[0] > 0 and rule.exceeded(*moved):
                yield Found(key, ACTIVITY_RATE, *moved, rule)
            continue
        flexed = flexed_variance(line)
        if flexed is not None and flexed[0] > 0 and rule.exceeded(*flexed):
            yield Found(key, FLEXED_RATE, *flexed, rule)
        else:
            yield Found(key, VARIANCE_RATE, variance.fen, variance.base_fen or 0, rule)


def flexed_variance(line: Line) -> tuple[int, int] | None:
    """(actual − flexed, flexed) in 分: the budget's price at the actual quantity."""
    if not line.actual_milli or not line.base_milli or line.variance.base_fen is None:
        return None
    flexed = rounded(Fraction(line.variance.base_fen * line.actual_milli, line.base_milli))
    return line.variance.actual_fen - flexed, flexed


@transaction.atomic
def raise_deviations(*, period: CostPeriod, by: Person | None, now: datetime) -> int:
    """Report every exceeding line of a month; returns how many. Known ones are not multiplied.

    The figures behind them are kept as reviewed values of their metrics.
    """
    settings, sources = CostSettings.current(), figures.sources_of(period)
    rules = rules_of(period)
    lines = figures.lines(sources, period.period_no, rules)
    found = list(exceeding(lines, rules, flexers([period.period_no])))
    rows = figures.evidence(sources.ledger, [period.period_no], [one.key for one in found])
    known = homes()
    kinds = [(one.source, rules.kind_of(one.key.category, one.key.item)) for one in found]
    for source, kind in sorted(set(kinds)):
        version = _version(period, source, kind, now)
        measured = []
        for one in (one for one, both in zip(found, kinds, strict=True) if both == (source, kind)):
            department = known.get(one.key.department, period.ledger.department)
            place = Dimension(one.key.dimension, one.key.label, department)
            raise_deviation(
                tool="costs", metric_version=version, dimension=place.key,
                dimension_label=place.label, department=department, period=period.period,
                measured=one.measured, base=one.limit, base_kind=BaseKind.LIMIT,
                money_effect=one.money,
                exceedance=one.exceedance, severity=one.severity, evidence=rows[one.key],
                rule=RULE, rule_version=settings.version, by=by, now=now,
            )  # fmt: skip
            measured.append((place, _measurement(one, sources)))
        store_points(version=version, period=period.period, measured=measured, by=by, now=now)
    set_values_state(period=period, state=PointState.REVIEWED, by=by, now=now)
    return len(found)


def _measurement(found: Found, sources: figures.Sources) -> Measurement:
    return Measurement(
        found.measured, *found.parts, 1, sources.batch_ids,
    )  # fmt: skip


@transaction.atomic
def set_values_state(
    *, period: CostPeriod, state: PointState, by: Person | None, now: datetime
) -> None:
    """Move the month's kept values on (or back) with the month itself."""
    metrics = Metric.objects.unscoped("the month's own metrics").filter(
        reduce(or_, (Q(versions__definition=_definition(period, kind)) for kind in Compared)),
        tool="costs",
    )
    values = MetricPoint.objects.unscoped("the month's own values").current()
    points = values.filter(version__metric__in=metrics.distinct(), period_key=period.key)
    movable = [point for point in points if state in NEXT_STATES[PointState(point.state)]]
    set_state(points=movable, state=state, by=by, now=now)


def _definition(period: CostPeriod, kind: str) -> dict[str, int | str | None]:
    """What a line compared with `kind` is measured from."""
    found: dict[str, int | str | None] = {"ledger": period.ledger_id, "budget": period.budget_id}
    if kind == Compared.FORECAST:
        return found | {"budget": period.forecast_id}
    return found | {"base": kind} if kind == Compared.PRIOR_YEAR else found


def _version(period: CostPeriod, source: str, kind: str, now: datetime) -> MetricVersion:
    """The company's metric over these two data sets, defined on first need."""
    definition = _definition(period, kind)
    known = Metric.objects.unscoped("one definition for the whole company").filter(
        source=source, department=period.ledger.department
    )
    for metric in known:
        if metric.current.definition == definition:
            return metric.current
    return define(
        source=source, name=str(NAMES[source]), definition=definition, period_kind="month",
        department=period.ledger.department, by=None, now=now,
    )  # fmt: skip
