"""Two samples of skewed hours or prices compared by ranks: never by a t-test."""

from itertools import combinations
from math import comb, floor, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.intervals import Z95, Interval

Values = NDArray[np.float64]
ENUMERATED: Final = 20_000
ALL_PAIRS: Final = 2_000_000
EXACT_PAIRS: Final = 2_500
BISECTIONS: Final = 64


def smallest_p(n: int, m: int) -> float:
    """The smallest two-sided p any rank test of n against m values can reach; 1 without values."""
    return min(1.0, 2 / comb(n + m, n))


def mann_whitney_p(before: Values, after: Values) -> float:
    """Two-sided p of the Mann–Whitney test, ties included.

    All arrangements are enumerated up to 20,000, so few and tied values get their true p; beyond,
    scipy's exact or tie-corrected value. Never below what untied ranks could reach: ties are less
    information, not more.
    """
    n, m = len(before), len(after)
    if n == 0 or m == 0:
        return 1.0
    from scipy.stats import mannwhitneyu, rankdata

    if comb(n + m, n) > ENUMERATED:
        return max(float(mannwhitneyu(before, after).pvalue), smallest_p(n, m))
    # Twice the ranks: mid-ranks of ties are halves, and sums of integers compare exactly.
    ranks = (2 * rankdata(np.concatenate([before, after]))).astype(np.int64)
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(n + m), n)])
    centre = n * (n + m + 1)
    observed = abs(int(ranks[:n].sum()) - centre)
    return max(float(np.mean(np.abs(sums - centre) >= observed)), smallest_p(n, m))


def hodges_lehmann(before: Values, after: Values) -> tuple[float, Interval | None]:
    """The median of all differences after − before, and its 95 % interval from order statistics.

    None instead of an interval when so few values cannot give one at 95 %. Hours in, hours out.
    """
    x, y = np.sort(before), np.sort(after)
    pairs = len(x) * len(y)
    skipped = _skipped(len(x), len(y))
    places = [(pairs + 1) // 2, pairs // 2 + 1]
    if skipped > 0:
        places += [skipped, pairs + 1 - skipped]
    found = _ordered_differences(x, y, places)
    shift = (found[0] + found[1]) / 2
    return shift, ((found[2], found[3]) if skipped > 0 else None)


def _skipped(n: int, m: int) -> int:
    """Which smallest difference bounds the interval: 1 + the largest u with P(U ≤ u) ≤ 2.5 %."""
    if n * m > EXACT_PAIRS:
        return floor(n * m / 2 - Z95 * sqrt(n * m * (n + m + 1) / 12))
    ways = _arrangements(n, m)
    at_most = np.cumsum(ways) / comb(n + m, n)
    return int(np.searchsorted(at_most, 0.025, side="right"))


def _arrangements(n: int, m: int) -> NDArray[np.float64]:
    """How many arrangements give each U = 0 … n·m: coefficients of the Gaussian binomial."""
    ways = np.zeros(n * m + 1)
    ways[0] = 1
    for i in range(1, n + 1):
        for u in range(n * m, m + i - 1, -1):  # times (1 − q^(m+i))
            ways[u] -= ways[u - m - i]
        for u in range(i, n * m + 1):  # divided by (1 − q^i)
            ways[u] += ways[u - i]
    return ways


def _ordered_differences(x: Values, y: Values, places: list[int]) -> list[float]:
    """The differences y − x that stand at these places (from 1) of all, sorted."""
    if len(x) * len(y) <= ALL_PAIRS:
        differences = np.sort((y[:, None] - x[None, :]).ravel())
        return [float(differences[place - 1]) for place in places]
    return [_difference_at(x, y, place) for place in places]


def _difference_at(x: Values, y: Values, place: int) -> float:
    """By bisection on the number of differences ≤ d: memory stays that of the samples."""
    low, high = float(y[0] - x[-1]), float(y[-1] - x[0])
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if int(np.searchsorted(y, x + middle, side="right").sum()) >= place:
            high = middle
        else:
            low = middle
    return high
