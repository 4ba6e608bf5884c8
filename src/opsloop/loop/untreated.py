"""Lines flagged by the same rule at about the same time, on which nobody acted (V-06)."""

from typing import Final

from opsloop.analysis import pooling
from opsloop.analysis.period import Period
from opsloop.analysis.samples import Sample
from opsloop.loop.measuring import Gauge
from opsloop.loop.models import Deviation, VerificationPlan
from opsloop.loop.states import LIVE, CountermeasureStatus

# Chosen because they were bad, as the treated line was: flagged no earlier than this before it.
PERIODS_BEFORE: Final = 2
MOST: Final = 50


def untreated_dimensions(plan: VerificationPlan, first_result: Period) -> list[str]:
    """Other lines of the metric and rule, flagged before the result window and left alone."""
    deviation = plan.deviation
    raising = deviation.raising_period
    flagged_in = {period.key for period in raising.shift(-PERIODS_BEFORE).through(first_result)}
    treated = (*LIVE, CountermeasureStatus.DONE)
    others = Deviation.objects.unscoped("figures of other lines, never their records").filter(
        metric=deviation.metric_id, rule=deviation.rule,
        period__in=flagged_in - {first_result.key},
    )  # fmt: skip
    acted_on = others.filter(countermeasures__status__in=treated).values("dimension")
    left = others.exclude(dimension=deviation.dimension).exclude(dimension__in=acted_on)
    return list(left.order_by("dimension").values_list("dimension", flat=True).distinct()[:MOST])


def control(
    plan: VerificationPlan, gauge: Gauge, baseline: Sample, first: Period, last: Period
) -> tuple[pooling.Pair | None, int]:
    """Their records of the two windows together, and how many lines they are; None when too few."""
    dimensions = untreated_dimensions(plan, first)
    if len(dimensions) < pooling.FEWEST_UNTREATED:
        return None, 0
    gauges = [Gauge(gauge.version, dimension, gauge.as_of) for dimension in dimensions]
    pairs = [(other.sample(*plan.baseline), other.sample(first, last)) for other in gauges]
    unit = gauge.version.unit
    return pooling.control_of(pairs, baseline, unit), len(pairs)
