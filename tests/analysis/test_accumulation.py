"""Months added up or averaged over their days, whole or up to a day (C-33, C-34)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.accumulation import Accumulation, accumulated, days_of, days_passed

SUM, AVERAGE = Accumulation.SUM, Accumulation.AVERAGE
# January and February 2024, in 分: 100.00 and 200.00; the leap year has 29 days in February.
AMOUNTS, DAYS = (10_000, 20_000), (31, 29)


@pytest.mark.parametrize(
    ("passed", "how", "expected"),
    [
        ((31, 29), SUM, 30_000),
        ((31, 14), SUM, 10_000 + 9_655),  # 14 of 29 days of 200.00 are 96.55
        ((31, 0), SUM, 10_000),
        ((0, 0), SUM, None),
        ((31, 29), AVERAGE, 14_833),  # (100·31 + 200·29)/60 = 148.33, not 150
        ((31, 14), AVERAGE, 13_111),  # (100·31 + 200·14)/45 = 131.11
        ((31, 0), AVERAGE, 10_000),
    ],
)
def test_c34_a_line_adds_up_or_is_averaged_by_days(passed, how, expected):
    assert accumulated(AMOUNTS, DAYS, passed, how) == expected


def test_a_month_without_an_amount_weighs_nothing():
    assert accumulated((None, 20_000), DAYS, DAYS, AVERAGE) == 20_000
    assert accumulated((None, None), DAYS, DAYS, SUM) is None


def test_a_planned_income_has_a_theoretical_amount_of_the_same_sign():
    """Pain 9: half of a negative plan is negative."""
    assert accumulated((-3_000,), (30,), (15,), SUM) == -1_500


@pytest.mark.parametrize(
    ("until", "passed"),
    [
        (date(2024, 2, 29), 29),
        (date(2024, 2, 14), 14),
        (date(2024, 1, 31), 0),
        (date(2024, 5, 1), 29),
    ],
)
def test_days_pass_within_their_month(until, passed):
    assert days_passed(202_402, until) == passed
    assert days_of(202_402) == 29


months = st.lists(
    st.tuples(st.integers(-(10**12), 10**12), st.integers(28, 31)), min_size=1, max_size=12
)


@given(months)
def test_whole_months_add_up_exactly_and_an_average_lies_between_them(rows):
    amounts, days = zip(*rows, strict=True)
    assert accumulated(amounts, days, days, SUM) == sum(amounts)
    mean = accumulated(amounts, days, days, AVERAGE)
    assert min(amounts) <= mean <= max(amounts)
