"""Intervals and exact tests: golden vectors of loop.md V-05 and independent checks."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.intervals import (
    middle_95,
    newcombe,
    quantile_draws,
    rate_ratio,
    ratio_draws,
    two_proportions_p,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(15, 100, 9.3, 23.3), (0, 20, 0, 16.1), (190, 200, 91.0, 97.3), (19, 20, 76.4, 99.1)],
)
def test_wilson(k, n, low, high):
    assert [100 * end for end in wilson(k, n)] == pytest.approx([low, high], abs=0.06)


def test_nothing_seen_says_nothing():
    assert wilson(0, 0) == (0, 1)
    assert newcombe(0, 0, 1, 2) == (-1, 1)
    assert two_proportions_p(0, 0, 1, 2) == 1
    assert rate_ratio(0, 1, 0, 1) == (1, (0, float("inf")))


def test_newcombe_of_fifteen_and_three_in_a_hundred():
    assert [100 * end for end in newcombe(15, 100, 3, 100)] == pytest.approx([4.1, 20.5], abs=0.05)


def test_fisher_of_fifteen_and_three_in_a_hundred():
    assert two_proportions_p(15, 100, 3, 100) == pytest.approx(0.0052, abs=5e-5)


def test_fifty_cases_each_would_not_have_shown_it():
    assert two_proportions_p(8, 50, 2, 50) == pytest.approx(0.09, abs=5e-3)


def test_many_cases_use_the_normal_test_and_agree_with_fisher():
    exact = two_proportions_p(1000, 10_000, 920, 10_000)
    assert two_proportions_p(1000, 10_001, 920, 10_000) == pytest.approx(exact, rel=0.05)
    assert two_proportions_p(0, 20_000, 0, 20_000) == 1


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_intervals_hold_their_estimate(k1, n1, k2, n2):
    k1, k2 = min(k1, n1), min(k2, n2)
    low, high = wilson(k1, n1)
    assert 0 <= low <= k1 / n1 <= high <= 1
    low, high = newcombe(k1, n1, k2, n2)
    assert low <= k1 / n1 - k2 / n2 <= high
    assert newcombe(k2, n2, k1, n1) == pytest.approx((-high, -low))


def test_a_rate_ratio_is_exact_and_knows_its_exposure():
    """30 complaints on 1,000 orders, then 20 on 2,000: a third, and half of it is no accident."""
    p, (low, high) = rate_ratio(30, 1000, 20, 2000)
    chances = [comb(50, k) * (2 / 3) ** k / 3 ** (50 - k) for k in range(51)]
    assert p == pytest.approx(
        sum(chance for chance in chances if chance <= chances[20] * (1 + 1e-9))
    )
    assert low < 20 / 2000 / (30 / 1000) < high < 1
    assert rate_ratio(5, 10, 0, 10)[1][0] == 0
    assert rate_ratio(0, 10, 5, 10)[1][1] == float("inf")


@pytest.mark.parametrize("q", [0.0, 0.5, 0.9, 1.0])
def test_quantile_draws_are_distributed_as_resampling(q):
    values = np.sort(np.random.default_rng(3).lognormal(3, 1, 40))
    resampled = np.random.default_rng(4).choice(values, (20_000, 40))
    expected = np.quantile(np.quantile(resampled, q, axis=1), [0.1, 0.5, 0.9])
    drawn = np.concatenate(
        [quantile_draws(values, q, np.random.default_rng(seed)) for seed in range(10)]
    )
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx(expected, rel=0.06)


def test_draws_of_a_mean_agree_below_and_above_the_switch():
    random = np.random.default_rng(5)
    amounts, quantities = random.uniform(50, 150, 2001), random.uniform(1, 3, 2001)
    above = middle_95(ratio_draws(amounts, quantities, random))
    below = middle_95(ratio_draws(amounts[:2000], quantities[:2000], random))
    assert above == pytest.approx(below, rel=0.02)
