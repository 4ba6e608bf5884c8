"""T-06: grades by exceedance, exactly at the bounds that the source leaves open."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.severity import (
    Limit,
    Severity,
    due,
    exceedance,
    final,
    grade,
    is_on_bound,
    needed,
)
from opsloop.org.published import published_calendar

NONE, MINOR, MODERATE, MAJOR, CRITICAL = Severity


@pytest.mark.parametrize(
    ("measured", "limit", "expected"),
    [
        ("29", 30, NONE),
        ("30", 30, NONE),
        ("33", 30, MINOR),
        ("33.1", 30, MODERATE),
        ("35", 30, MODERATE),
        ("39", 30, MAJOR),
        ("40", 30, MAJOR),
        ("79.2", 72, MINOR),
        ("93.6", 72, MAJOR),
        ("93.5", 72, MODERATE),
    ],
)
def test_the_grade_of_a_time_against_its_upper_limit(measured, limit, expected):
    assert grade(exceedance(Decimal(measured), limit, Limit.AT_MOST)) is expected


def test_forty_seconds_miss_a_limit_of_thirty_by_a_third():
    assert exceedance(40, 30, Limit.AT_MOST) == Fraction(1, 3)


def test_a_score_misses_its_lower_limit_downwards():
    assert exceedance(Decimal("4.05"), Decimal("4.5"), Limit.AT_LEAST) == Fraction(1, 10)


def test_a_rate_is_judged_by_its_failures():
    limit = Decimal("0.95")
    assert exceedance(Decimal("0.935"), limit, Limit.RATE_AT_LEAST) == Fraction(3, 10)
    assert needed(MAJOR, limit, Limit.RATE_AT_LEAST) == Fraction(Decimal("0.935"))


def test_a_limit_of_nothing_has_no_exceedance():
    with pytest.raises(ValueError, match="nothing"):
        exceedance(1, 0, Limit.AT_MOST)


@pytest.mark.parametrize(
    ("severity", "value"),
    [(NONE, None), (MINOR, 72), (MODERATE, "79.2"), (MAJOR, "93.6"), (CRITICAL, None)],
)
def test_where_a_grade_begins(severity, value):
    assert needed(severity, 72) == (None if value is None else Fraction(value))


def test_a_score_sinks_to_its_grade():
    assert needed(MAJOR, Decimal("4.5"), Limit.AT_LEAST) == Fraction(Decimal("3.15"))


def test_the_higher_of_rule_and_impact_counts():
    assert final(MINOR, CRITICAL) is final(CRITICAL, NONE) is CRITICAL
    assert final(MAJOR, MODERATE) is MAJOR


def test_where_two_bands_meet():
    assert is_on_bound(Fraction(1, 10)) and is_on_bound(Fraction(3, 10))
    assert not is_on_bound(Fraction(1, 5))


def test_three_days_end_on_different_days_by_their_kind():
    """From Wednesday 2024-06-05: natural on the 8th, working on the 11th (端午 on the 10th)."""
    found = due(MODERATE, date(2024, 6, 5), published_calendar())
    assert found is not None
    assert (found.natural, found.working) == (date(2024, 6, 8), date(2024, 6, 11))
    assert due(MAJOR, date(2024, 6, 5), published_calendar()) is None


limits = st.fractions(min_value=Fraction(1, 100), max_value=1000)


@given(limits, st.sampled_from([MINOR, MODERATE, MAJOR]))
def test_a_value_just_beyond_where_a_grade_begins_has_that_grade_at_least(limit, severity):
    begins = needed(severity, limit)
    assert begins is not None
    assert (
        grade(exceedance(begins + Fraction(1, 10**9), limit, Limit.AT_MOST)).rank >= severity.rank
    )


@given(limits, st.fractions(0, 2000), st.fractions(0, 2000))
def test_a_worse_value_never_has_a_milder_grade(limit, one, other):
    low, high = sorted((one, other))
    grades = [grade(exceedance(value, limit, Limit.AT_MOST)).rank for value in (low, high)]
    assert grades == sorted(grades)
