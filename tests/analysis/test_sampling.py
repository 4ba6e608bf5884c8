"""Sample sizes and the claims they allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.sampling import (
    allocate,
    claimed_rate,
    draw,
    needed_without_failure,
    sample_size,
)


@pytest.mark.parametrize(("population", "n"), [(200, 132), (1000, 278), (10000, 370), (1, 1)])
def test_five_points_either_way_need(population, n):
    assert sample_size(population) == n


@pytest.mark.parametrize(
    "bad", [{"population": 0}, {"population": 9, "margin": 0}, {"population": 9, "share": 1}]
)
def test_a_sample_of_nothing_is_refused(bad):
    with pytest.raises(ValueError, match="population"):
        sample_size(**bad)


@pytest.mark.parametrize(("rate", "n"), [(0.30, 9), (0.20, 14), (0.10, 29), (0.05, 59)])
def test_reinspections_without_a_failure_that_support_a_rate(rate, n):
    assert needed_without_failure(rate) == n
    assert claimed_rate(0, n) <= rate < claimed_rate(0, n - 1)


def test_a_certain_or_impossible_failure_needs_no_sample():
    with pytest.raises(ValueError, match="between"):
        needed_without_failure(1)


def test_failures_weaken_the_claim():
    assert claimed_rate(1, 59) == pytest.approx(0.0780, abs=5e-4)  # exact binomial
    assert claimed_rate(0, 0) == claimed_rate(5, 5) == 1


@given(st.integers(1, 200), st.integers(0, 2**31), st.data())
def test_a_draw_is_repeatable_and_keeps_order(population, seed, data):
    n = data.draw(st.integers(0, population))
    items = list(range(population))
    chosen = draw(items, n, seed=seed)
    assert chosen == draw(items, n, seed=seed) == sorted(set(chosen))
    assert len(chosen) == n


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 500), min_size=1), st.data())
def test_strata_share_the_sample_exactly(strata, data):
    n = data.draw(st.integers(0, sum(strata.values())))
    shares = allocate(strata, n)
    assert sum(shares.values()) == n
    assert all(shares[name] <= strata[name] for name in strata)
