from fractions import Fraction

import pytest

from opsloop.analysis.variance import Variance
from opsloop.analysis.year_on_year import Window, daily_rate, window


@pytest.mark.parametrize(
    ("period_no", "single", "expected"),
    [
        (202_401, False, Window((202_401, 202_402), festival=False)),
        (202_402, False, Window((202_401, 202_402), festival=False)),
        (202_402, True, Window((202_402,), festival=True)),
        (202_403, False, Window((202_403,), festival=True)),
        (202_406, False, Window((202_406,), festival=False)),
    ],
)
def test_january_and_february_are_compared_together(period_no, single, expected):
    assert window(period_no, single_month=single) == expected


def test_the_prior_months_are_those_of_last_year():
    assert window(202_402).prior_months == (202_301, 202_302)


def test_c57_a_february_is_compared_per_working_day():
    """19 working days in 2025, 16 in 2026: spending of 190 → 176 fell 7.4 % but rose 10 % a day."""
    february = Variance(17_600, 19_000)
    assert february.rate == Fraction(-7, 95)
    assert daily_rate(february, workdays=16, prior_workdays=19) == Fraction(1, 10)


@pytest.mark.parametrize(
    ("variance", "workdays", "prior"),
    [
        (Variance(5, None), 18, 19),
        (Variance(5, 0), 18, 19),
        (Variance(5, 4), 0, 19),
        (Variance(5, 4), 18, 0),
    ],
)
def test_without_a_base_or_working_days_there_is_no_daily_rate(variance, workdays, prior):
    assert daily_rate(variance, workdays=workdays, prior_workdays=prior) is None
