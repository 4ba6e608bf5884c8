"""Confidence intervals and exact tests of proportions and counts (95 %, two-sided).

Heavy libraries load inside the functions that need them: a web process that only shows numbers
never pays for them.
"""

from math import sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Z95: Final = NormalDist().inv_cdf(0.975)
RESAMPLES: Final = 2_000
FISHER_LIMIT: Final = 20_000
BOOTSTRAP_LIMIT: Final = 2_000


def wilson(k: int, n: int) -> Interval:
    """Wilson score interval of `k` of `n`; (0, 1) when nothing was seen."""
    if n == 0:
        return (0.0, 1.0)
    p, z2 = k / n, Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half)


def newcombe(k1: int, n1: int, k2: int, n2: int) -> Interval:
    """Interval of k1/n1 − k2/n2 from the two Wilson intervals (Newcombe 1998, method 10)."""
    if n1 == 0 or n2 == 0:
        return (-1.0, 1.0)
    p1, p2 = k1 / n1, k2 / n2
    (l1, u1), (l2, u2) = wilson(k1, n1), wilson(k2, n2)
    return (
        p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


def two_proportions_p(k1: int, n1: int, k2: int, n2: int) -> float:
    """Fisher's exact p; above 20,000 cases the pooled two-proportion z-test, equal to it there."""
    if n1 == 0 or n2 == 0:
        return 1.0
    if n1 + n2 <= FISHER_LIMIT:
        from scipy.stats import fisher_exact

        return float(fisher_exact(np.array([[k1, n1 - k1], [k2, n2 - k2]])).pvalue)
    pooled = (k1 + k2) / (n1 + n2)
    error = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    if error == 0:
        return 1.0
    return 2 * NormalDist().cdf(-abs(k1 / n1 - k2 / n2) / error)


def rate_ratio(k1: int, exposure1: float, k2: int, exposure2: float) -> tuple[float, Interval]:
    """Exact p and 95 % interval of (k2/exposure2) ÷ (k1/exposure1) for Poisson counts.

    Given the total, k2 is binomial with chance exposure2 ÷ (exposure1 + exposure2); the interval is
    Clopper and Pearson's, turned from a share into a ratio.
    """
    from scipy.stats import binomtest

    if k1 + k2 == 0:
        return 1.0, (0.0, float("inf"))
    test = binomtest(k2, k1 + k2, exposure2 / (exposure1 + exposure2))
    share = test.proportion_ci(0.95, method="exact")
    scale = exposure1 / exposure2
    high = float("inf") if share.high >= 1 else scale * share.high / (1 - share.high)
    return float(test.pvalue), (scale * float(share.low) / (1 - float(share.low)), float(high))


def quantile_draws(
    ordered: NDArray[np.float64], q: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """2,000 bootstrap draws of the `q` quantile (linear interpolation) of sorted values.

    The k-th smallest of n resampled indices is ⌊n·U(k)⌋ with U(k) ~ Beta(k, n+1−k), so each draw
    costs the same for ten values and for ten million, and is distributed exactly as resampling.
    """
    n = len(ordered)
    position = (n - 1) * q
    k, share = int(position) + 1, position % 1
    low = random.beta(k, n + 1 - k, RESAMPLES)
    below = ordered[np.minimum((low * n).astype(np.int64), n - 1)]
    if k == n:
        return below
    high = low + (1 - low) * random.beta(1, n - k, RESAMPLES)
    above = ordered[np.minimum((high * n).astype(np.int64), n - 1)]
    return below + (above - below) * share


def ratio_draws(
    amounts: NDArray[np.float64], quantities: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """2,000 bootstrap draws of Σ amounts ÷ Σ quantities; a mean when every quantity is 1.

    Above 2,000 lines the draws are normal with the linearised standard error, to which the
    bootstrap has converged by then.
    """
    n, value = len(amounts), amounts.sum() / quantities.sum()
    if n > BOOTSTRAP_LIMIT:
        residuals = amounts - value * quantities
        error = np.sqrt((residuals * residuals).sum()) / quantities.sum()
        return random.normal(value, error, RESAMPLES)
    chosen = random.integers(0, n, (RESAMPLES, n))
    drawn: NDArray[np.float64] = amounts[chosen].sum(axis=1) / quantities[chosen].sum(axis=1)
    return drawn


def middle_95(draws: NDArray[np.float64]) -> Interval:
    """The percentile interval of bootstrap draws."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)
