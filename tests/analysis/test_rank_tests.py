"""Mann–Whitney and Hodges–Lehmann, with few values, ties and many values."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from opsloop.analysis import rank_tests
from opsloop.analysis.rank_tests import hodges_lehmann, mann_whitney_p, smallest_p

HOURS = st.lists(st.integers(0, 30).map(float), min_size=1, max_size=7).map(np.array)


@pytest.mark.parametrize(
    ("n", "m", "p"),
    [(3, 3, 0.10), (12, 1, 0.154), (6, 2, 0.071), (12, 2, 0.022), (4, 4, 0.029), (6, 3, 0.024)],
)
def test_the_smallest_p_a_rank_test_can_reach(n, m, p):
    assert smallest_p(n, m) == pytest.approx(p, abs=5e-4)
    before, after = np.arange(n, dtype=float), np.arange(m, dtype=float) - 100
    assert mann_whitney_p(before, after) == pytest.approx(smallest_p(n, m))


def test_nobody_compares_with_nothing():
    assert mann_whitney_p(np.array([]), np.array([1.0])) == 1
    assert smallest_p(0, 4) == 1


@given(HOURS, HOURS)
def test_p_is_never_below_what_ranks_can_reach_even_with_ties(before, after):
    p = mann_whitney_p(before, after)
    assert smallest_p(len(before), len(after)) - 1e-12 <= p <= 1
    assert p == pytest.approx(mann_whitney_p(after, before))


@given(st.sets(st.integers(0, 99), min_size=4, max_size=12), st.data())
def test_without_ties_p_equals_the_exact_one(values, data):
    shuffled = np.array(data.draw(st.permutations(sorted(values))), dtype=float)
    cut = data.draw(st.integers(1, len(shuffled) - 1))
    expected = mannwhitneyu(shuffled[:cut], shuffled[cut:], method="exact").pvalue
    assert mann_whitney_p(shuffled[:cut], shuffled[cut:]) == pytest.approx(expected)


def test_hodges_lehmann_with_its_exact_interval():
    """Hollander & Wolfe's permeability of membranes: shift 0.305, 95 % about −0.15 to 0.76."""
    term = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
    early = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
    shift, interval = hodges_lehmann(early, term)
    assert shift == pytest.approx(0.305)
    assert interval == pytest.approx((-0.15, 0.76))


def test_three_against_three_have_no_interval():
    assert hodges_lehmann(np.array([1.0, 2, 3]), np.array([4.0, 5, 6])) == (3, None)


@given(HOURS, HOURS, st.integers(-20, 20))
def test_a_shift_of_all_values_is_found_exactly(before, after, hours):
    shift, interval = hodges_lehmann(before, after)
    moved, moved_interval = hodges_lehmann(before, after + hours)
    assert moved == pytest.approx(shift + hours)
    assert (interval is None) == (moved_interval is None)
    if interval:
        assert interval[0] <= shift <= interval[1]


def test_bisection_gives_what_all_pairs_give(monkeypatch):
    random = np.random.default_rng(2)
    before, after = random.lognormal(3, 1, 300), random.lognormal(2.8, 1, 200)
    expected = hodges_lehmann(before, after)
    monkeypatch.setattr(rank_tests, "ALL_PAIRS", 0)
    shift, interval = hodges_lehmann(before, after)
    assert shift == pytest.approx(expected[0], abs=1e-9)
    assert interval == pytest.approx(expected[1], abs=1e-9)


def test_a_hundred_thousand_executions_are_compared_in_seconds():
    random = np.random.default_rng(1)
    before, after = random.lognormal(3, 1, 100_000), random.lognormal(2.9, 1, 100_000)
    started = time.perf_counter()
    shift, interval = hodges_lehmann(before, after)
    assert mann_whitney_p(before, after) < 1e-6
    assert interval is not None
    assert interval[0] < shift < interval[1] < 0
    assert time.perf_counter() - started < 20
