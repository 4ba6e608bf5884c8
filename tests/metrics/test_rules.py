"""Thresholds in Decimal, words that include or exclude the limit, runs of breaches (V-09)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.period import Period
from opsloop.metrics.rules import Comparison, Rule, beyond_percent, exceedances

NUMBERS = st.decimals(-1000, 1000, places=4)
JANUARY = Period.parse("2024-01")


def test_exactly_ten_percent_over_is_not_over_ten_percent():
    """In floating point 110/100 − 1 > 0.1 is true, and would flag."""
    assert 110 / 100 - 1 > 0.1
    assert not beyond_percent(Decimal(110), Decimal(100), Decimal(10))
    assert beyond_percent(Decimal("110.01"), Decimal(100), Decimal(10))
    assert beyond_percent(Decimal("89.99"), Decimal(100), Decimal(10))
    assert not beyond_percent(Decimal(-110), Decimal(-100), Decimal(10))
    assert beyond_percent(Decimal("0.01"), Decimal(0), Decimal(10))


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        (Comparison.OVER, False, False, True),
        (Comparison.AT_LEAST, False, True, True),
        (Comparison.UNDER, True, False, False),
        (Comparison.AT_MOST, True, True, False),
    ],
)
def test_the_word_says_whether_the_limit_counts(comparison, below, at, above):
    rule = Rule(comparison, Decimal("0.1"))
    values = [Decimal("0.0999"), Decimal("0.1"), Decimal("0.1001")]
    assert [rule.breached_by(value) for value in values] == [below, at, above]


@given(NUMBERS, NUMBERS)
def test_over_and_at_most_divide_the_world(limit, value):
    over, at_most = Rule(Comparison.OVER, limit), Rule(Comparison.AT_MOST, limit)
    under, at_least = Rule(Comparison.UNDER, limit), Rule(Comparison.AT_LEAST, limit)
    assert over.breached_by(value) != at_most.breached_by(value)
    assert under.breached_by(value) != at_least.breached_by(value)
    assert over.exceedance(value) == (value - limit if value > limit else None)


def months(*values: str | None) -> list[tuple[Period, Decimal | None]]:
    return [
        (JANUARY.shift(place), None if value is None else Decimal(value))
        for place, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        (["2", "2"], ["2024-02"]),
        (["2", "1", "2"], []),
        (["2", None, "2"], ["2024-03"]),  # a missing month neither breaches nor resets
        (["2", "2", "2"], ["2024-02", "2024-03"]),
        ([None, None], []),
    ],
)
def test_two_in_a_row(values, keys):
    found = exceedances(Rule(Comparison.OVER, Decimal(1), consecutive=2), months(*values))
    assert [breach.period.key for breach in found] == keys
    assert all(breach.amount == 1 for breach in found)


def test_a_run_is_counted():
    found = exceedances(Rule(Comparison.AT_LEAST, Decimal(1)), months("1", "1", "0", "3"))
    assert [breach.run for breach in found] == [1, 2, 1]
    assert [breach.amount for breach in found] == [Decimal(0), Decimal(0), Decimal(2)]
