"""The plan of proof, fixed when a countermeasure is approved and never edited (V-01)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.audit.actions import record
from opsloop.loop.errors import Refused
from opsloop.loop.measuring import Gauge, baseline_window, effect_plan, needed_n
from opsloop.loop.models import Countermeasure, Deviation, VerificationPlan
from opsloop.org.models import Person


@transaction.atomic
def fix_plan(
    countermeasure: Countermeasure,
    *,
    smallest_change: Decimal | None,
    by: Person | None,
    now: datetime,
) -> VerificationPlan:
    """Fix population, windows, smallest relevant change and test; count the records it will need.

    With several countermeasures in a round the furthest target and the latest start hold.
    """
    deviation = countermeasure.deviation
    start, goal = countermeasure.expected_from, countermeasure.expected_to
    assert start is not None, "only a countermeasure that promises a number has a plan"
    assert goal is not None
    if smallest_change is not None and smallest_change <= 0:
        raise Refused(_("The smallest relevant change must be above zero."))
    version = deviation.metric_version
    gauge = Gauge(version, deviation.dimension, now)
    former = current_plan(deviation)
    is_revision = former is not None and former.countermeasure_id == countermeasure.pk
    effect_from = countermeasure.due_on
    if former is not None and not is_revision:
        effect_from = max(effect_from, former.effect_from)
        if version.better != "band":
            furthest = min if version.better == "lower" else max
            goal = furthest(goal, former.target)
    smallest = smallest_change or abs(goal - start) / 2
    window = baseline_window(deviation, gauge, effect_from=effect_from, smallest=smallest)
    plan = VerificationPlan.objects.create(
        deviation=deviation, countermeasure=countermeasure, round=deviation.round,
        metric_version=version, dimension=deviation.dimension,
        baseline_first=window[0].key, baseline_last=window[1].key, effect_from=effect_from,
        follow_up_periods=countermeasure.follow_up_periods, expected_from=start, target=goal,
        smallest_change=smallest, test=gauge.source.sample_kind,
        needed_n=needed_n(effect_plan(version, goal, smallest), gauge, window),
        fixed_by=by, fixed_at=now,
    )  # fmt: skip
    record(
        by=by, now=now, action="loop.fix_plan", subject=plan, department=deviation.department,
        changes={"target": [former.target if former else None, goal]},
    )  # fmt: skip
    return plan


def preview(
    countermeasure: Countermeasure, *, now: datetime
) -> tuple[tuple[Period, Period], int | None]:
    """The baseline window and the records needed, were it approved now (V-04); writes nothing."""
    deviation = countermeasure.deviation
    gauge = Gauge(deviation.metric_version, deviation.dimension, now)
    window = baseline_window(deviation, gauge, effect_from=countermeasure.due_on)
    goal = countermeasure.expected_to
    assert goal is not None, "a correction has no plan to preview"
    return window, needed_n(effect_plan(deviation.metric_version, goal, None), gauge, window)


def current_plan(deviation: Deviation) -> VerificationPlan | None:
    """The plan that holds in the round under way: the latest fixed."""
    return (
        deviation.plans.filter(round=deviation.round)
        .select_related("metric_version__metric")
        .order_by("-id")
        .first()
    )
