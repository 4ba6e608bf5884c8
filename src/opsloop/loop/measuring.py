"""Measuring again: the same metric version that found a deviation, over another window (L-06)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Final, cast

from django.utils import timezone

from opsloop.analysis import comparison, effect, power
from opsloop.analysis.period import Period, PeriodKind
from opsloop.analysis.samples import Direction, Sample
from opsloop.loop.limits import BASELINE_PERIODS
from opsloop.loop.models import Deviation, Verification, VerificationPlan
from opsloop.metrics.models import Better, MetricVersion
from opsloop.metrics.register import Measurement, MeasureRequest, MetricSource, source

# A series speaks through its own noise, which takes six points to know (V-08).
SERIES_BASELINE: Final = 6


def is_improvement(version: MetricVersion, before: Decimal, after: Decimal) -> bool:
    """Would moving from `before` to `after` help? Equal values never do."""
    if version.better == Better.LOWER:
        return after < before
    if version.better == Better.HIGHER:
        return after > before
    return after != before


@dataclass(frozen=True)
class Gauge:
    """One metric version on one dimension, as of one instant."""

    version: MetricVersion
    dimension: str
    as_of: datetime

    @cached_property
    def source(self) -> MetricSource:
        return source(self.version.metric.source)

    @property
    def today(self) -> date:
        """The organisation's day at `as_of`."""
        return timezone.localdate(self.as_of)

    def _request(self, first: Period, last: Period | None = None) -> MeasureRequest:
        return MeasureRequest(
            definition=self.version.definition, dimension=self.dimension, period=first,
            last=last, as_of=self.as_of,
        )  # fmt: skip

    def value(self, period: Period) -> Measurement:
        return self.source.measure(self._request(period))

    def sample(self, first: Period, last: Period) -> Sample:
        """What the window holds; an empty sample when nothing was recorded in it."""
        return self.source.sample(self._request(first, last))

    def missing(self, first: Period, last: Period) -> list[Period]:
        """Periods of the window that are not over or hold no records yet.

        Of daily windows only the last day counts: a company does not work every day.
        """
        asked = [last] if first.kind == "day" else list(first.through(last))
        return [
            period
            for period in asked
            if period.end > self.today or self.value(period).value is None
        ]


def baseline_window(
    deviation: Deviation, gauge: Gauge, *, effect_from: date, smallest: Decimal | None = None
) -> tuple[Period, Period]:
    """Where "before" is read: it ends before the period that raised the deviation (V-01, V-06).

    In a round that follows a verdict, before is what that verdict measured as after. When nothing
    was recorded before the raising period, or the level has provably moved with it, the periods
    from then until the countermeasure takes effect are before; never the raising one alone.
    """
    earlier = _verdict_of_last_round(deviation)
    if earlier is not None:
        return Period.parse(earlier.result_first), Period.parse(earlier.result_last)
    raising = deviation.raising_period
    count = BASELINE_PERIODS[raising.kind]
    if gauge.source.sample_kind == "series":
        count = max(count, SERIES_BASELINE)
    before = raising.shift(-count), raising.previous()
    last = first_whole_period(raising.kind, effect_from).previous()
    if last <= raising or not _is_new_level(deviation, gauge, before, smallest):
        return before
    return max(raising, last.shift(1 - count)), last


def _is_new_level(
    deviation: Deviation, gauge: Gauge, before: tuple[Period, Period], smallest: Decimal | None
) -> bool:
    """Is the time before the raising period unknown, or provably better than it?

    One bad period of noise is no new level: then the quiet periods before it stay the baseline,
    and a return to them is not called an effect.
    """
    quiet = gauge.sample(*before)
    if comparison.size(quiet) == 0:
        return True
    raised = gauge.sample(deviation.raising_period, deviation.raising_period)
    terms = effect_plan(deviation.metric_version, deviation.measured, smallest)
    return effect.verdict(terms, quiet, raised).outcome is effect.Outcome.WORSENED


def _verdict_of_last_round(deviation: Deviation) -> Verification | None:
    """The accepted verdict that sent it into another round; none after a recurrence."""
    last = deviation.verifications.filter(
        round=deviation.round - 1, accepted_at__isnull=False
    ).order_by("-id").first()  # fmt: skip
    return None if last is None or last.outcome == "effective" else last


def effect_plan(
    version: MetricVersion, target: Decimal, smallest: Decimal | None, *, look: int = 1
) -> effect.Plan:
    """The plan in the engine's own terms, for look number `look` at a growing window."""
    return effect.Plan(
        better=cast("Direction", version.better),
        target=target,
        smallest_change=smallest,
        band=version.band,
        alpha=power.alpha_of_look(look),
    )


def needed_n(plan: effect.Plan, gauge: Gauge, window: tuple[Period, Period]) -> int | None:
    """Records each side the proof needs (V-04); None when the baseline cannot say."""
    return effect.needed_n(plan, gauge.sample(*window))


def first_period_of_effect(plan: VerificationPlan, finished_on: date) -> Period:
    """The first whole period in which the countermeasure works from beginning to end."""
    return first_whole_period(plan.baseline[0].kind, max(plan.effect_from, finished_on))


def first_whole_period(kind: PeriodKind, day: date) -> Period:
    """The first period that begins on `day` or after it."""
    period = Period.containing(kind, day)
    return period if period.start == day else period.next()


def newest_complete(gauge: Gauge, after: Period) -> Period | None:
    """The latest period from `after` on that is over and, like all before it, holds records."""
    newest = None
    period = after
    while period.end <= gauge.today and not gauge.missing(period, period):
        newest, period = period, period.next()
    return newest


def chart_points(gauge: Gauge, first: Period, last: Period) -> Iterator[tuple[str, float | None]]:
    """The metric's value in each period, for the picture beside the verdict."""
    for period in first.through(last):
        value = gauge.value(period).value
        yield period.key, None if value is None else float(value)


def local_day(moment: datetime) -> date:
    """The organisation's calendar day of an instant."""
    return timezone.localdate(moment)


def day_after(moment: datetime) -> date:
    """The first whole day after an instant: a countermeasure finished today works from tomorrow."""
    return local_day(moment) + timedelta(days=1)
