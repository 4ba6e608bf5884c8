"""Before against after, one function per kind of sample: effect, interval, test (loop.md V-03)."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isfinite, sqrt
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis import control_chart, intervals, rank_tests
from opsloop.analysis.power import ALPHA
from opsloop.analysis.samples import Counts, Durations, Money, Proportion, Sample, Series

Statistic = Literal["median", "p90", "mean"]
Draws = NDArray[np.float64]
# Below these a claim rests on chance alone, whatever a formula says.
FEWEST_CASES: Final = 10
FEWEST_FOR_P90: Final = 30
FEWEST_FOLLOW_UPS: Final = 3
REGRESSION_FROM: Final = 12
QUANTILE: Final = {"median": 0.5, "p90": 0.9}


@dataclass(frozen=True)
class Shift:
    """A further figure of the comparison: what it is, and its change with a 95 % interval."""

    name: str
    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """`effect` is for the reader (scale difference, ratio or yuan); `change_…` on the metric's scale.

    `proven`: the change is more than noise. `enough`: silence would mean something. `chance` is the
    p of the change itself where the test has none (`p_value`) or answers another question.
    """

    before: Fraction
    after: Fraction
    scale: Literal["difference", "ratio", "yuan"]
    effect: float
    low: float | None
    high: float | None
    change_low: float | None
    change_high: float | None
    test: str
    p_value: float | None
    proven: bool
    enough: bool
    smallest_p: float | None = None
    shifts: tuple[Shift, ...] = ()
    control_effect: float | None = None
    chance: float | None = None


def size(sample: Sample) -> int:
    """Cases, executions, periods or lines; for counts the exposure, rounded."""
    if isinstance(sample, Proportion):
        return sample.n
    if isinstance(sample, Durations):
        return len(sample.hours)
    if isinstance(sample, Counts):
        return max(1, round(sample.exposure))
    return len(sample.points if isinstance(sample, Series) else sample.amounts)


def value_of(sample: Sample, statistic: Statistic = "median") -> Fraction:
    """The metric's value of a sample, exact where records are, so that a target met is met."""
    if isinstance(sample, Proportion):
        return Fraction(sample.k, sample.n)
    if isinstance(sample, Durations):
        return Fraction(str(round(_statistic(sample.hours, statistic), 9)))
    if isinstance(sample, Counts):
        return sample.k / Fraction(str(sample.exposure))
    if isinstance(sample, Series):
        return sum((Fraction(v) for _, v in sample.points), Fraction(0)) / len(sample.points)
    price = Fraction(sum(sample.amounts)) / Fraction(sum(sample.quantities))
    standard = sample.standard_price
    return price if standard is None else price / Fraction(standard) - 1


def unit_price(sample: Money, value: float) -> float:
    """The unit price at which the metric of this sample has `value`."""
    standard = sample.standard_price
    return value if standard is None else (value + 1) * float(standard)


def series_sigma(sample: Series) -> float | None:
    """The noise of single points by their moving range; None below six points."""
    if len(sample.points) < control_chart.MINIMUM_POINTS:
        return None
    return control_chart.limits(sample.values).sigma


def of_proportions(before: Proportion, after: Proportion) -> Comparison:
    p = intervals.two_proportions_p(before.k, before.n, after.k, after.n)
    low, high = intervals.newcombe(after.k, after.n, before.k, before.n)
    enough = min(before.n, after.n) >= FEWEST_CASES
    change = value_of(after) - value_of(before)
    return Comparison(
        before=value_of(before), after=value_of(after), scale="difference", effect=float(change),
        low=low, high=high, change_low=low, change_high=high,
        test="fisher_exact" if before.n + after.n <= intervals.FISHER_LIMIT else "two_proportion",
        p_value=p, proven=p <= ALPHA and enough, enough=enough,
    )  # fmt: skip


def of_durations(
    before: Durations, after: Durations, statistic: Statistic, random: np.random.Generator
) -> Comparison:
    x, y = np.sort(before.hours), np.sort(after.hours)
    p, reachable = rank_tests.mann_whitney_p(x, y), rank_tests.smallest_p(len(x), len(y))
    names: tuple[Statistic, ...] = (
        ("median", "p90", "mean") if statistic == "mean" else ("median", "p90")
    )
    drawn = {name: _shift(name, x, y, random) for name in names}
    asked, chance = drawn[statistic]
    fewest = FEWEST_FOR_P90 if statistic == "p90" else FEWEST_CASES
    enough = min(len(x), len(y)) >= fewest
    if statistic == "median":
        effect, interval = rank_tests.hodges_lehmann(x, y)
        proven, chance = p <= ALPHA, p
    else:
        effect, interval = asked.after - asked.before, (asked.low, asked.high)
        proven = enough and (asked.low > 0 or asked.high < 0)
    low, high = interval or (None, None)
    return Comparison(
        before=value_of(before, statistic), after=value_of(after, statistic), scale="difference",
        effect=effect, low=low, high=high, change_low=asked.low, change_high=asked.high,
        test="mann_whitney" if statistic == "median" else "bootstrap", p_value=p, proven=proven,
        enough=enough, smallest_p=reachable, chance=chance,
        shifts=tuple(shift for shift, _chance in drawn.values()),
    )  # fmt: skip


def of_counts(before: Counts, after: Counts) -> Comparison:
    p, (low, high) = intervals.rate_ratio(before.k, before.exposure, after.k, after.exposure)
    first, last = value_of(before), value_of(after)
    rate = float(first)
    known = before.k > 0 and isfinite(high)
    return Comparison(
        before=first, after=last, scale="ratio",
        effect=float(last / first) if first else (inf if last else 1.0), low=low, high=high,
        change_low=rate * (low - 1) if known else None,
        change_high=rate * (high - 1) if known else None,
        test="poisson_rate_ratio", p_value=p, proven=p <= ALPHA,
        enough=before.k + after.k >= FEWEST_CASES,
    )  # fmt: skip


def of_money(before: Money, after: Money, random: np.random.Generator) -> Comparison:
    """The price effect at the actual quantity: (price after − price before) × quantity after."""
    p = rank_tests.mann_whitney_p(before.unit_prices, after.unit_prices)
    change = _money_draws(after, random) - _money_draws(before, random)
    low, high = intervals.middle_95(change)
    first, last = value_of(before), value_of(after)
    worth = _worth(after)
    return Comparison(
        before=first, after=last, scale="yuan", effect=float(last - first) * worth,
        low=low * worth, high=high * worth, change_low=low, change_high=high,
        test="mann_whitney", p_value=p, proven=p <= ALPHA,
        enough=min(size(before), size(after)) >= FEWEST_CASES,
        smallest_p=rank_tests.smallest_p(size(before), size(after)),
    )  # fmt: skip


def of_series(before: Series, after: Series) -> Comparison:
    """A shift against natural limits of the baseline; from 12 points the trend is taken out too.

    So few periods that ranks could never tell them apart (6 v 2, 12 v 1) prove nothing here either.
    """
    first, last = value_of(before), value_of(after)
    change = float(last - first)
    sigma = series_sigma(before)
    seen = Comparison(
        before=first, after=last, scale="difference", effect=change, low=None, high=None,
        change_low=None, change_high=None, test="xmr_shift", p_value=None, proven=False,
        enough=False, smallest_p=rank_tests.smallest_p(size(before), size(after)),
    )  # fmt: skip
    if sigma is None:
        return seen
    freedom = 0.62 * (size(before) - 1)
    error = sigma * sqrt(1 / size(before) + 1 / size(after))
    half = _t_quantile(freedom) * error
    enough = rank_tests.smallest_p(size(before), size(after)) <= ALPHA
    side = "high" if change > 0 else "low"
    natural = control_chart.limits(before.values)
    found = {signal.side for signal in control_chart.signals(after.values, natural)}
    seen = replace(
        seen, low=change - half, high=change + half, change_low=change - half,
        change_high=change + half, proven=enough and found == {side}, enough=enough and len(found) <= 1,
        chance=_t_chance(freedom, change, error),
    )  # fmt: skip
    if size(before) + size(after) < REGRESSION_FROM or size(after) < FEWEST_FOLLOW_UPS:
        return seen
    level, p = _level_change(before.values, after.values)
    agrees = p <= ALPHA and level.after * change > 0
    return replace(
        seen, test="segmented_regression", p_value=p, proven=seen.proven and agrees, shifts=(level,)
    )


def against_control(
    seen: Comparison,
    pilot: tuple[Sample, Sample],
    control: tuple[Sample, Sample],
    statistic: Statistic,
    random: np.random.Generator,
) -> Comparison:
    """Difference in differences: what the pilot changed beyond what changed anyway.

    The credited value after is the value before plus that difference.
    """
    values = [value_of(sample, statistic) for sample in (*pilot, *control)]
    elsewhere = values[3] - values[2]
    change = values[1] - values[0] - elsewhere
    worth = _worth(pilot[1]) if isinstance(pilot[1], Money) else 1.0
    seen = replace(
        seen, after=values[0] + change, scale="yuan" if worth != 1.0 else "difference",
        effect=float(change) * worth, control_effect=float(elsewhere), low=None, high=None,
        change_low=None, change_high=None, test="difference_in_differences", p_value=None,
        chance=None, proven=False, enough=False, shifts=(),
    )  # fmt: skip
    drawn = [_draws(pair, statistic, random) for pair in (pilot, control)]
    if drawn[0] is None or drawn[1] is None:
        return seen
    spread = drawn[0] - drawn[1]
    low, high = intervals.middle_95(spread)
    p = _chance(spread)
    fewest = FEWEST_FOLLOW_UPS if isinstance(pilot[0], Series) else FEWEST_CASES
    enough = min(size(sample) for sample in (*pilot, *control)) >= fewest
    return replace(
        seen, low=low * worth, high=high * worth, change_low=low, change_high=high, p_value=p,
        proven=enough and p <= ALPHA, enough=enough,
    )  # fmt: skip


def _draws(
    pair: tuple[Sample, Sample], statistic: Statistic, random: np.random.Generator
) -> Draws | None:
    """2,000 draws of after − before; counts and shares from their Jeffreys posterior."""
    drawn: list[Draws] = []
    for sample in pair:
        if isinstance(sample, Proportion):
            drawn.append(
                random.beta(sample.k + 0.5, sample.n - sample.k + 0.5, intervals.RESAMPLES)
            )
        elif isinstance(sample, Counts):
            drawn.append(random.gamma(sample.k + 0.5, 1, intervals.RESAMPLES) / sample.exposure)
        elif isinstance(sample, Durations):
            drawn.append(_statistic_draws(np.sort(sample.hours), statistic, random))
        elif isinstance(sample, Money):
            drawn.append(_money_draws(sample, random))
        else:
            # The noise of both windows is the baseline's: a few points after have none of their own.
            before = pair[0]
            sigma = series_sigma(before) if isinstance(before, Series) else None
            if sigma is None:
                return None
            error = sigma / sqrt(len(sample.points))
            drawn.append(random.normal(float(value_of(sample)), error, intervals.RESAMPLES))
    return drawn[1] - drawn[0]


def _shift(name: Statistic, x: Draws, y: Draws, random: np.random.Generator) -> tuple[Shift, float]:
    drawn = _statistic_draws(y, name, random) - _statistic_draws(x, name, random)
    shift = Shift(name, _statistic(x, name), _statistic(y, name), *intervals.middle_95(drawn))
    return shift, _chance(drawn)


def _chance(drawn: Draws) -> float:
    """Two-sided bootstrap p of a difference being 0."""
    beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum())) + 1
    return min(1.0, 2 * beyond / (intervals.RESAMPLES + 1))


def _statistic(hours: Draws, name: Statistic) -> float:
    return float(hours.mean() if name == "mean" else np.quantile(hours, QUANTILE[name]))


def _statistic_draws(ordered: Draws, name: Statistic, random: np.random.Generator) -> Draws:
    if name == "mean":
        return intervals.ratio_draws(ordered, np.ones_like(ordered), random)
    return intervals.quantile_draws(ordered, QUANTILE[name], random)


def _money_draws(sample: Money, random: np.random.Generator) -> Draws:
    amounts, quantities = (
        np.array([float(number) for number in numbers])
        for numbers in (sample.amounts, sample.quantities)
    )
    prices = intervals.ratio_draws(amounts, quantities, random)
    return prices if sample.standard_price is None else prices / float(sample.standard_price) - 1


def _worth(after: Money) -> float:
    """Yuan per unit of the metric at the actual quantity."""
    quantity = float(sum(after.quantities))
    return quantity if after.standard_price is None else quantity * float(after.standard_price)


def _level_change(before: list[float], after: list[float]) -> tuple[Shift, float]:
    """Segmented regression y = a + b·t + c·[t in follow-up]: c with interval and p (OLS)."""
    from scipy.special import stdtr

    y = np.array(before + after)
    time = np.arange(len(y), dtype=np.float64)
    design = np.column_stack([np.ones_like(time), time, time >= len(before)])
    fitted, *_ = np.linalg.lstsq(design, y, rcond=None)
    freedom = len(y) - design.shape[1]
    residuals = y - design @ fitted
    variance = float(residuals @ residuals) / freedom
    level = float(fitted[2])
    error = sqrt(variance * float(np.linalg.inv(design.T @ design)[2, 2]))
    scale = max(1.0, float(np.abs(y).max()))
    if error <= 1e-12 * scale:  # a perfect fit
        return Shift("level", 0.0, level, level, level), float(abs(level) <= 1e-9 * scale)
    half = _t_quantile(freedom) * error
    return Shift("level", 0.0, level, level - half, level + half), float(
        2 * stdtr(freedom, -abs(level / error))
    )


def _t_chance(freedom: float, change: float, error: float) -> float:
    """Two-sided p of a change against its standard error by Student's t."""
    from scipy.special import stdtr

    if error <= 0:
        return float(change == 0)
    return float(2 * stdtr(freedom, -abs(change) / error))


def _t_quantile(freedom: float) -> float:
    """97.5 % quantile of Student's t; a moving range of n points has about 0.62(n − 1) degrees."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
