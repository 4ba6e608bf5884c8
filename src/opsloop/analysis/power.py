"""How much evidence a countermeasure will need, said before it starts (loop.md V-04, V-06)."""

from dataclasses import dataclass
from math import ceil, erf, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from opsloop.analysis.intervals import Z95
from opsloop.analysis.period import Period
from opsloop.analysis.samples import Durations

POWER: Final = 0.80
ALPHA: Final = 0.05
_Z_POWER: Final = NormalDist().inv_cdf(POWER)
# Of ALPHA, what the one look that was planned at approval may spend.
PLANNED_LOOK: Final = 0.04
NEVER: Final = 10_000_000


class BadWindow(ValueError):
    """A baseline or follow-up window that could not prove anything."""


def needed_for_proportions(before: float, after: float) -> int | None:
    """Cases per period to see `before` → `after` (rates 0–1) with 80 % power; None when equal.

    Pooled variance under no effect, separate variances under the effect, no continuity correction
    (Fleiss, Levin & Paik 2003, formula 4.14).
    """
    if before == after:
        return None
    pooled = (before + after) / 2
    spread = Z95 * sqrt(2 * pooled * (1 - pooled)) + _Z_POWER * sqrt(
        before * (1 - before) + after * (1 - after)
    )
    return _whole((spread / (before - after)) ** 2)


def needed_for_durations(baseline: Durations, after: float, value: float) -> int | None:
    """Executions per period for the Mann–Whitney test to see hours shrink from `value` to `after`.

    Noether (1987): n = (z₁₋α/₂ + z_power)² ÷ 6(P − ½)², where P is the chance that a baseline
    duration exceeds one scaled by after ÷ value. None when there is no baseline or no change.
    """
    hours = np.sort(baseline.hours)
    if len(hours) == 0 or value <= 0:
        return None
    scaled = hours * (after / value)
    below = np.searchsorted(hours, scaled, side="left").sum()
    up_to = np.searchsorted(hours, scaled, side="right").sum()
    chance = 1 - float(below + up_to) / 2 / len(hours) ** 2
    if abs(chance - 0.5) < 1e-9:  # a rounding error of ½
        return None
    return _whole((Z95 + _Z_POWER) ** 2 / (6 * (chance - 0.5) ** 2))


def needed_for_counts(before: float, after: float) -> int | None:
    """Exposure per period (orders, days …) to see event rates `before` → `after`; None when equal.

    The square root of a Poisson count has variance ¼, whatever the rate.
    """
    if before == after:
        return None
    return _whole((Z95 + _Z_POWER) ** 2 / 2 / (sqrt(before) - sqrt(after)) ** 2)


def needed_for_series(change: float, sigma: float, baseline: int) -> int | None:
    """Follow-up periods to see a shift of `change` against noise `sigma`; None when never."""
    if change == 0:
        return None
    room = (change / ((Z95 + _Z_POWER) * sigma)) ** 2 - 1 / baseline if sigma > 0 else 1.0
    return _whole(1 / room) if room > 0 else None


def spontaneous_return(limit: float, noise_sd: float) -> float:
    """Share of flagged lines (|x| > limit) inside the limit next period with no action at all.

    When the rates are pure normal noise around 0 the next value knows nothing of this one.
    """
    if noise_sd <= 0:
        return 0.0
    return erf(limit / (noise_sd * sqrt(2)))


def alpha_of_look(look: int) -> float:
    """The error that look number `look` (1, 2 …) at a growing window may spend; all spend `ALPHA`.

    The planned look spends four fifths, each later one half of what is left, so however often a
    useless countermeasure is looked at again, its chance of reading as proven stays below 5 %.
    Raises ValueError below 1.
    """
    if look < 1:
        raise ValueError("looks are counted from 1")
    return PLANNED_LOOK if look == 1 else (ALPHA - PLANNED_LOOK) / 2 ** (look - 1)


def expected_false_successes(countermeasures: int, alpha: float = ALPHA) -> float:
    """Useless countermeasures whose verdict would still read as an improvement, by luck alone.

    Half of a two-sided error lies on the good side.
    """
    return countermeasures * alpha / 2


@dataclass(frozen=True)
class Windows:
    """What is compared: baseline and follow-up, both ends included."""

    baseline_first: Period
    baseline_last: Period
    follow_first: Period
    follow_last: Period


def windows(trigger: Period, effect_from: Period, *, baseline: int = 6, follow: int = 3) -> Windows:
    """Windows for a deviation raised in `trigger` whose countermeasure works from `effect_from`.

    The baseline ends before the trigger: chosen because it was bad, the trigger alone would show
    an improvement that is only the return to the mean. Raises `BadWindow`.
    """
    if baseline < 1 or follow < 1:
        raise BadWindow("each window needs at least one period")
    if effect_from.kind != trigger.kind or effect_from <= trigger:
        raise BadWindow("the effect starts after the period that raised the deviation")
    return Windows(
        trigger.shift(-baseline), trigger.previous(), effect_from, effect_from.shift(follow - 1)
    )


def sufficient_by(first: Period, last: Period, collected: int, needed: int | None) -> Period | None:
    """The period at whose end `needed` will be collected, at the pace of `first` … `last`.

    None when nothing arrives, or when no number of records would do.
    """
    if needed is None or collected <= 0:
        return None
    elapsed = sum(1 for _ in first.through(last))
    missing = max(0, needed - collected)
    return last.shift(min(ceil(missing * elapsed / collected), 1200))


def _whole(needed: float) -> int | None:
    return ceil(needed - 1e-9) if needed < NEVER else None
