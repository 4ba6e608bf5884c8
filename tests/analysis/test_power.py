"""How much evidence is needed, and what happens with no action at all."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.intervals import two_proportions_p
from opsloop.analysis.period import Period
from opsloop.analysis.power import (
    ALPHA,
    BadWindow,
    alpha_of_look,
    expected_false_successes,
    needed_for_counts,
    needed_for_durations,
    needed_for_proportions,
    needed_for_series,
    spontaneous_return,
    sufficient_by,
    windows,
)
from opsloop.analysis.rank_tests import mann_whitney_p
from opsloop.analysis.samples import Durations

JUNE = Period("month", date(2024, 6, 1))


@pytest.mark.parametrize(("after", "n"), [(0.03, 89), (0.10, 686), (0.12, 2036)])
def test_cases_needed_from_fifteen_percent(after, n):
    assert needed_for_proportions(0.15, after) == n


def test_no_number_of_cases_shows_no_change():
    hours = Durations(np.array([1.0, 2, 3]))
    assert needed_for_proportions(0.15, 0.15) is None
    assert needed_for_proportions(0.15, 0.15 + 1e-9) is None
    assert needed_for_durations(hours, 2, 2) is None
    assert needed_for_durations(Durations(np.array([])), 1, 2) is None
    assert needed_for_counts(0.1, 0.1) is None
    assert needed_for_series(0, 1, 6) is None


def test_the_needed_cases_do_show_it_four_times_of_five():
    random = np.random.default_rng(11)
    before, after = random.binomial(686, 0.15, 400), random.binomial(686, 0.10, 400)
    shown = np.mean(
        [two_proportions_p(k, 686, j, 686) <= 0.05 for k, j in zip(before, after, strict=True)]
    )
    assert 0.73 < shown < 0.86


def test_the_needed_executions_do_show_it_four_times_of_five():
    random = np.random.default_rng(12)
    n = needed_for_durations(Durations(random.lognormal(3, 0.8, 5000)), 0.7, 1)
    assert n is not None
    shown = [
        mann_whitney_p(random.lognormal(3, 0.8, n), 0.7 * random.lognormal(3, 0.8, n)) <= 0.05
        for _ in range(300)
    ]
    assert 0.73 < np.mean(shown) < 0.87


def test_the_needed_exposure_does_show_it_four_times_of_five():
    n = needed_for_counts(0.03, 0.01)
    assert n is not None
    random = np.random.default_rng(13)
    before, after = random.poisson(0.03 * n, 2000), random.poisson(0.01 * n, 2000)
    assert 0.73 < np.mean(2 * (np.sqrt(before) - np.sqrt(after)) > 1.96 * np.sqrt(2)) < 0.87


def test_periods_needed_grow_as_the_shift_shrinks_and_may_never_come():
    assert needed_for_series(3, 1, 6) == 2
    assert needed_for_series(1, 0, 6) == 1
    assert needed_for_series(1.3, 1, 6) == 21
    assert needed_for_series(1, 1, 6) is None


def test_two_thirds_of_flagged_lines_return_by_themselves():
    assert spontaneous_return(0.10, 0.10) == pytest.approx(0.68, abs=0.005)
    random = np.random.default_rng(14)
    june, july = random.normal(0, 0.10, (2, 100_000))
    assert np.mean(np.abs(july[np.abs(june) > 0.10]) <= 0.10) == pytest.approx(0.68, abs=0.01)
    assert spontaneous_return(0.10, 0) == 0


def test_many_useless_countermeasures_bring_false_successes():
    assert expected_false_successes(200) == pytest.approx(5)


@given(st.integers(1, 24), st.integers(1, 12), st.integers(1, 12))
def test_the_baseline_ends_before_the_trigger(baseline, follow, delay):
    found = windows(JUNE, JUNE.shift(delay), baseline=baseline, follow=follow)
    assert found.baseline_first.shift(baseline - 1) == found.baseline_last == JUNE.previous()
    assert found.follow_first.shift(follow - 1) == found.follow_last
    assert found.baseline_last < JUNE < found.follow_first


@pytest.mark.parametrize(
    ("effect", "sizes"),
    [
        (JUNE, {}),
        (Period.parse("2024-W40"), {}),
        (JUNE.next(), {"baseline": 0}),
        (JUNE.next(), {"follow": 0}),
    ],
)
def test_a_window_that_proves_nothing_is_refused(effect, sizes):
    with pytest.raises(BadWindow):
        windows(JUNE, effect, **sizes)


@pytest.mark.parametrize(
    ("collected", "needed", "key"),
    [
        (30, 89, "2025-02"),
        (60, 89, "2024-10"),
        (89, 89, "2024-08"),
        (0, 89, None),
        (30, None, None),
    ],
)
def test_the_date_at_which_it_will_suffice(collected, needed, key):
    found = sufficient_by(JUNE, JUNE.shift(2), collected, needed)
    assert (found.key if found else None) == key


def test_all_looks_together_spend_the_error_of_one():
    spent = [alpha_of_look(look) for look in range(1, 60)]
    assert spent[:4] == pytest.approx([0.04, 0.005, 0.0025, 0.00125])
    assert sum(spent) == pytest.approx(ALPHA)
    assert sum(spent) <= ALPHA + 1e-12
    with pytest.raises(ValueError, match="counted from 1"):
        alpha_of_look(0)
