"""Did the countermeasure work? One verdict engine for all five tools (loop.md V-01 … V-07).

Effective means: target reached and the evidence supports the change. A shift that is proven but
short of the target is partly effective. Enough records without a relevant shift is ineffective. Too
few records is insufficient data, whatever the averages say.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from opsloop.analysis import comparison, power
from opsloop.analysis.comparison import Comparison, Shift, Statistic, value_of
from opsloop.analysis.samples import (
    Counts,
    Direction,
    Durations,
    Money,
    Proportion,
    Sample,
    Series,
)

SEED: Final = 20240601
Reason = Literal[
    "target_reached", "short_of_target", "too_small_to_matter", "no_effect", "worse",
    "too_few", "not_significant", "no_records",
]  # fmt: skip


class Outcome(StrEnum):
    EFFECTIVE = "effective"
    PARTLY_EFFECTIVE = "partly_effective"
    INEFFECTIVE = "ineffective"
    WORSENED = "worsened"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True)
class Plan:
    """What was fixed when the countermeasure was approved, in the unit of the metric.

    `smallest_change` (> 0) is the least change worth having; left out, half of the planned one.
    `band` holds both ends when `better` is "band". `statistic` is what a duration metric shows.
    `alpha` is the error this look may spend (`power.alpha_of_look`).
    """

    better: Direction
    target: Decimal
    smallest_change: Decimal | None = None
    band: tuple[Decimal, Decimal] | None = None
    statistic: Statistic = "median"
    seed: int = SEED
    alpha: float = power.ALPHA

    def __post_init__(self) -> None:
        if (self.better == "band") != (self.band is not None):
            raise ValueError("a band plan, and only a band plan, names both ends")
        if self.smallest_change is not None and self.smallest_change <= 0:
            raise ValueError("the smallest relevant change is above 0")


@dataclass(frozen=True)
class Verdict:
    """The answer with everything that must be printed beside it.

    `effect`, `low`, `high` are on the scale `scale` names: "difference" in the metric's unit, "ratio"
    of event rates, or "yuan" at the actual quantity. `before` and `after` are the metric's values.
    """

    outcome: Outcome
    reason: Reason
    test: str
    scale: str
    before: float | None
    after: float | None
    effect: float | None
    low: float | None
    high: float | None
    p_value: float | None
    n_before: int
    n_after: int
    needed_n: int | None
    smallest_p: float | None = None
    control_effect: float | None = None
    shifts: tuple[Shift, ...] = ()


def verdict(
    plan: Plan,
    baseline: Sample,
    result: Sample,
    *,
    control: tuple[Sample, Sample] | None = None,
) -> Verdict:
    """Judge `result` against `baseline`; with `control` (before, after) the difference of both.

    The control is the untreated rest of a pilot, or lines flagged for the same reason and left
    alone. Raises `TypeError` when the samples are of different kinds.
    """
    kept = (baseline, result, *(control or ()))
    if any(type(sample) is not type(result) for sample in control or ()):
        raise TypeError("only samples of one kind can be compared")
    if any(comparison.size(sample) == 0 for sample in kept):
        return _without_records(plan, baseline, result)
    random = np.random.default_rng(plan.seed)
    seen = _compare(plan, baseline, result, random)
    if control is not None:
        seen = comparison.against_control(seen, (baseline, result), control, plan.statistic, random)
    chance = seen.chance if seen.chance is not None else seen.p_value
    seen = replace(seen, proven=seen.proven and (chance is None or chance <= plan.alpha))
    needed = needed_n(plan, baseline)
    sizes = comparison.size(baseline), comparison.size(result)
    outcome, reason = _judge(plan, seen, needed, min(sizes))
    return Verdict(
        outcome=outcome, reason=reason, test=seen.test, scale=seen.scale,
        before=float(seen.before), after=float(seen.after),
        effect=seen.effect, low=seen.low, high=seen.high, p_value=seen.p_value,
        n_before=sizes[0], n_after=sizes[1], needed_n=needed, smallest_p=seen.smallest_p,
        control_effect=seen.control_effect, shifts=seen.shifts,
    )  # fmt: skip


def needed_n(plan: Plan, baseline: Sample) -> int | None:
    """Records each side needs to prove the planned change at 80 % power; shown at approval.

    Cases, executions, exposure, periods or ledger lines by the kind of sample. None when no number
    would do, or when nothing was recorded yet.
    """
    if comparison.size(baseline) == 0:
        return None
    before, goal = float(value_of(baseline, plan.statistic)), float(plan.target)
    if isinstance(baseline, Proportion):
        return power.needed_for_proportions(before, min(max(goal, 0.0), 1.0))
    if isinstance(baseline, Counts):
        return power.needed_for_counts(before, max(goal, 0.0))
    if isinstance(baseline, Durations):
        return power.needed_for_durations(baseline, max(goal, 0.0), before)
    if isinstance(baseline, Money):
        prices = Durations(baseline.unit_prices)
        wanted = comparison.unit_price(baseline, goal)
        return power.needed_for_durations(
            prices, max(wanted, 0.0), comparison.unit_price(baseline, before)
        )
    sigma = comparison.series_sigma(baseline)
    if sigma is None:
        return None
    return power.needed_for_series(goal - before, sigma, comparison.size(baseline))


def _compare(
    plan: Plan, baseline: Sample, result: Sample, random: np.random.Generator
) -> Comparison:
    if isinstance(baseline, Proportion) and isinstance(result, Proportion):
        return comparison.of_proportions(baseline, result)
    if isinstance(baseline, Durations) and isinstance(result, Durations):
        return comparison.of_durations(baseline, result, plan.statistic, random)
    if isinstance(baseline, Counts) and isinstance(result, Counts):
        return comparison.of_counts(baseline, result)
    if isinstance(baseline, Money) and isinstance(result, Money):
        return comparison.of_money(baseline, result, random)
    if isinstance(baseline, Series) and isinstance(result, Series):
        return comparison.of_series(baseline, result)
    raise TypeError("only samples of one kind can be compared")


def _judge(
    plan: Plan, seen: Comparison, needed: int | None, smaller: int
) -> tuple[Outcome, Reason]:
    gain = _badness(plan, seen.before) - _badness(plan, seen.after)
    least, most = _gain_interval(plan, seen)
    relevant = _relevant(plan, seen.before)
    if seen.proven and gain > 0:
        if _reached(plan, seen.after):
            return Outcome.EFFECTIVE, "target_reached"
        if most is not None and most < relevant:
            return Outcome.INEFFECTIVE, "too_small_to_matter"
        return Outcome.PARTLY_EFFECTIVE, "short_of_target"
    if seen.proven and gain < 0:
        if least is not None and least > -relevant:
            return Outcome.INEFFECTIVE, "too_small_to_matter"
        return Outcome.WORSENED, "worse"
    ruled_out = most is not None and most < relevant
    powerful = needed is not None and smaller >= needed and not _reached(plan, seen.after)
    if seen.enough and (ruled_out or powerful):
        return Outcome.INEFFECTIVE, "no_effect"
    if seen.enough and needed is not None and smaller >= needed:
        return Outcome.INSUFFICIENT_DATA, "not_significant"
    return Outcome.INSUFFICIENT_DATA, "too_few"


def _badness(plan: Plan, value: Fraction) -> Fraction:
    """How far a value stands on the wrong side; only differences of it mean anything."""
    if plan.band is None:
        return value if plan.better == "lower" else -value
    low, high = (Fraction(end) for end in plan.band)
    return max(low - value, value - high, Fraction(0))


def _gain_interval(plan: Plan, seen: Comparison) -> tuple[Fraction | None, Fraction | None]:
    """The least and the most the metric may have gained, by the interval of its change."""
    if seen.change_low is None or seen.change_high is None:
        return None, None
    ends = [seen.before + Fraction(seen.change_low), seen.before + Fraction(seen.change_high)]
    levels = [_badness(plan, end) for end in ends]
    best = min(levels)
    if (
        plan.band is not None
        and ends[0] <= Fraction(plan.band[1])
        and ends[1] >= Fraction(plan.band[0])
    ):
        best = Fraction(0)
    now = _badness(plan, seen.before)
    return now - max(levels), now - best


def _relevant(plan: Plan, before: Fraction) -> Fraction:
    """The least gain worth having: as planned, else half of the way from the baseline to target."""
    if plan.smallest_change is not None:
        return Fraction(plan.smallest_change)
    planned = _badness(plan, before) - _badness(plan, Fraction(plan.target))
    return max(planned / 2, Fraction(0))


def _reached(plan: Plan, value: Fraction) -> bool:
    """The target itself counts as reached; compared exactly."""
    if plan.band is not None:
        return Fraction(plan.band[0]) <= value <= Fraction(plan.band[1])
    target = Fraction(plan.target)
    return value <= target if plan.better == "lower" else value >= target


def _without_records(plan: Plan, baseline: Sample, result: Sample) -> Verdict:
    levels = [
        float(value_of(sample, plan.statistic)) if comparison.size(sample) else None
        for sample in (baseline, result)
    ]
    return Verdict(
        outcome=Outcome.INSUFFICIENT_DATA, reason="no_records", test="none", scale="difference",
        before=levels[0], after=levels[1], effect=None, low=None, high=None, p_value=None,
        n_before=comparison.size(baseline), n_after=comparison.size(result),
        needed_n=needed_n(plan, baseline),
    )  # fmt: skip
