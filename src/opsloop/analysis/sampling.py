"""How many documents to draw, and what a re-inspection without failures lets us claim."""

import random
from collections.abc import Mapping, Sequence
from math import ceil, log
from typing import Final, TypeVar

from opsloop.analysis.intervals import Z95

CONFIDENCE: Final = 0.95
Item = TypeVar("Item")


def sample_size(population: int, *, margin: float = 0.05, share: float = 0.5) -> int:
    """Documents to draw of `population` for ± `margin` at 95 %, finite population corrected.

    n = n₀ ÷ (1 + (n₀ − 1) ÷ N) with n₀ = z²p(1−p) ÷ e² (Cochran 1977). `share` ½ is the worst case.
    """
    if population < 1 or not 0 < margin < 1 or not 0 < share < 1:
        raise ValueError("a sample needs a population, a margin and a share between 0 and 1")
    unlimited = Z95 * Z95 * share * (1 - share) / margin**2
    return min(population, ceil(unlimited / (1 + (unlimited - 1) / population)))


def draw(items: Sequence[Item], n: int, *, seed: int) -> list[Item]:
    """`n` of `items` at random, in their own order; the same seed draws the same ones."""
    chosen = random.Random(seed).sample(range(len(items)), n)  # noqa: S311 - a repeatable draw
    return [items[index] for index in sorted(chosen)]


def allocate(strata: Mapping[str, int], n: int) -> dict[str, int]:
    """Share `n` over strata in proportion to their sizes, by largest remainder; sums exactly."""
    total = sum(strata.values())
    shares = {name: divmod(n * size, total) for name, size in strata.items()}
    left = n - sum(whole for whole, _ in shares.values())
    first = sorted(shares, key=lambda name: (-shares[name][1], name))[:left]
    return {name: whole + (name in first) for name, (whole, _) in shares.items()}


def needed_without_failure(rate: float, *, confidence: float = CONFIDENCE) -> int:
    """Re-inspections without a failure that support "the failure rate is below `rate`" (0–1)."""
    if not 0 < rate < 1:
        raise ValueError("a failure rate lies between 0 and 1")
    return ceil(log(1 - confidence) / log(1 - rate))


def claimed_rate(failures: int, n: int, *, confidence: float = CONFIDENCE) -> float:
    """The failure rate the sample rules out: one-sided upper limit of Clopper and Pearson.

    Without failures 1 − (1 − confidence)^(1/n); 1.0 (no claim) for an empty or all-failed sample.
    """
    if failures >= n:
        return 1.0
    if failures == 0:
        return float(1 - (1 - confidence) ** (1 / n))
    from scipy.special import betaincinv

    return float(betaincinv(failures + 1, n - failures, confidence))
