"""Several samples as one: the lines that were flagged and left alone, beside the treated one (V-06)."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from opsloop.analysis.comparison import size, value_of
from opsloop.analysis.samples import Durations, Money, Proportion, Sample, Series

Pair = tuple[Sample, Sample]
# Fewer lines left alone say more about themselves than about what happens anyway.
FEWEST_UNTREATED = 5


def control_of(untreated: Sequence[Pair], treated: Sample, unit: str) -> Pair | None:
    """Before and after of the untreated lines together, comparable with the treated line.

    Rates are pooled as they are. Durations are first put on the level of the treated line before,
    so that what counts is the share by which they changed. Other amounts of different lines have no
    common scale: then, and with fewer than five lines that hold records in both windows, None.
    """
    pairs = [pair for pair in untreated if all(size(sample) for sample in pair)]
    if len(pairs) < FEWEST_UNTREATED or not (unit == "rate" or isinstance(treated, Durations)):
        return None
    if isinstance(treated, Durations):
        pairs = [_levelled(pair, treated) for pair in pairs]
    before, after = (_pooled(samples) for samples in zip(*pairs, strict=True))
    return None if before is None or after is None else (before, after)


def _levelled(pair: Pair, treated: Durations) -> Pair:
    level = float(value_of(pair[0]))
    factor = float(value_of(treated)) / level if level > 0 else 1.0
    before, after = (Durations(s.hours * factor) for s in pair if isinstance(s, Durations))
    return before, after


def _pooled(samples: Sequence[Sample]) -> Sample | None:
    if proportions := [one for one in samples if isinstance(one, Proportion)]:
        return Proportion(sum(one.k for one in proportions), sum(one.n for one in proportions))
    if durations := [one for one in samples if isinstance(one, Durations)]:
        return Durations(np.concatenate([one.hours for one in durations]))
    if series := [one for one in samples if isinstance(one, Series)]:
        return _mean_series(series)
    money = [one for one in samples if isinstance(one, Money) and one.standard_price]
    return _at_standard(money) if money else None


def _mean_series(series: Sequence[Series]) -> Series | None:
    """The mean of the lines in every period that all of them have."""
    known = [dict(one.points) for one in series]
    shared = sorted(set.intersection(*(set(points) for points in known)))
    if not shared:
        return None
    means = (
        sum((points[period] for points in known), Decimal(0)) / len(known) for period in shared
    )
    return Series(tuple(zip(shared, means, strict=True)))


def _at_standard(money: Sequence[Money]) -> Money:
    """Lines of different items, each quantity valued at its standard price: the unit is one yuan."""
    amounts = tuple(amount for one in money for amount in one.amounts)
    worth = tuple(
        quantity * (one.standard_price or Decimal(1))
        for one in money
        for quantity in one.quantities
    )
    return Money(amounts, worth, Decimal(1))
