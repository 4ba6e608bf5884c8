"""From a reviewed month to the loop: each line beyond the threshold becomes one deviation.

A fully quantified line whose price left the budget is measured by its price at the actual
quantity, so that growth does not hide a saving; any other line by its variance rate. Lines without
a usable base have no rate: they stay marked on the form and wait for a budget.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.fen import rounded
from opsloop.analysis.variance import Line, Materiality, as_polarity
from opsloop.costs import figures
from opsloop.costs.keys import FLEXED_RATE, VARIANCE_RATE, LineKey
from opsloop.costs.models import CostCategory, CostPeriod, CostSettings
from opsloop.costs.source import homes
from opsloop.loop.actions.detection import raise_deviation
from opsloop.loop.states import BaseKind, Severity
from opsloop.metrics.actions import define
from opsloop.metrics.models import Metric, MetricVersion
from opsloop.org.models import Person

RULE = "threshold"
NAMES = {
    VARIANCE_RATE: _("Cost variance rate"),
    FLEXED_RATE: _("Price variance rate at the actual quantity"),
}


@dataclass(frozen=True)
class Found:
    """One line beyond the threshold: the metric that says so and by how much (rates 0–1)."""

    key: LineKey
    source: str
    measured: Decimal
    exceedance: Decimal
    severity: Severity


def exceeding(lines: tuple[Line, ...], rule: Materiality) -> Iterator[Found]:
    """The flagged, unfavourable lines of a month that have a rate."""
    tree = CostCategory.objects.unscoped("the rule is the company's")
    polarities = dict(tree.values_list("name", "polarity"))
    for line in lines:
        polarity = as_polarity(polarities.get(figures.key_of(line).category))
        rate = line.variance.rate
        if not line.flagged or rate is None or line.variance.favourable(polarity) is not False:
            continue
        source, measured = VARIANCE_RATE, rate
        flexed = flexed_variance(line)
        if flexed is not None and flexed[0] > 0 and rule.exceeded(*flexed):
            source, measured = FLEXED_RATE, Fraction(flexed[0], abs(flexed[1]))
        bound = Fraction(rule.percent) / 100
        yield Found(
            figures.key_of(line), source, _rate(measured), _rate(max(abs(measured) - bound, Fraction(0))),
            severity_of(abs(measured), bound),
        )  # fmt: skip


def flexed_variance(line: Line) -> tuple[int, int] | None:
    """(actual − flexed, flexed) in 分: the budget's price at the actual quantity."""
    if not line.actual_milli or not line.base_milli or line.variance.base_fen is None:
        return None
    flexed = rounded(Fraction(line.variance.base_fen * line.actual_milli, line.base_milli))
    return line.variance.actual_fen - flexed, flexed


def severity_of(rate: Fraction, bound: Fraction) -> Severity:
    """Up to twice the threshold moderate, up to five times major, beyond that critical."""
    if bound == 0 or rate > 5 * bound:
        return Severity.CRITICAL
    return Severity.MAJOR if rate > 2 * bound else Severity.MODERATE


def _rate(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(Decimal("0.000001"))


@transaction.atomic
def raise_deviations(*, period: CostPeriod, by: Person | None, now: datetime) -> int:
    """Report every exceeding line of a month; returns how many. Known ones are not multiplied."""
    settings, sources = CostSettings.current(), figures.sources_of(period)
    lines = figures.lines(sources, period.period_no, settings.materiality)
    known = homes()
    versions: dict[str, MetricVersion] = {}
    count = 0
    for found in exceeding(lines, settings.materiality):
        if found.source not in versions:
            versions[found.source] = _version(period, found.source, now)
        raise_deviation(
            tool="costs", metric_version=versions[found.source], dimension=found.key.dimension,
            dimension_label=found.key.label, period=period.period,
            department=known.get(found.key.department, period.ledger.department),
            measured=found.measured, base=Decimal(0), base_kind=BaseKind.BUDGET,
            exceedance=found.exceedance, rule=RULE, rule_version=settings.version,
            severity=found.severity,
            evidence=figures.evidence(sources.ledger, [period.period_no], found.key),
            by=by, now=now,
        )  # fmt: skip
        count += 1
    return count


def _version(period: CostPeriod, source: str, now: datetime) -> MetricVersion:
    """The company's metric over these two data sets, defined on first need."""
    definition = {"ledger": period.ledger_id, "budget": period.budget_id}
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
