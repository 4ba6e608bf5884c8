"""Periods: keys, bounds, neighbours."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.period import KINDS, BadPeriod, Period

DAYS = st.dates(min_value=date(1901, 1, 1), max_value=date(2998, 12, 31))


@pytest.mark.parametrize(
    ("key", "kind", "start", "end"),
    [
        ("2024", "year", date(2024, 1, 1), date(2025, 1, 1)),
        ("2024-Q2", "quarter", date(2024, 4, 1), date(2024, 7, 1)),
        ("2024-12", "month", date(2024, 12, 1), date(2025, 1, 1)),
        ("2024-W23", "week", date(2024, 6, 3), date(2024, 6, 10)),
        ("2020-W53", "week", date(2020, 12, 28), date(2021, 1, 4)),
        ("2024-02-29", "day", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_key_names_one_period(key, kind, start, end):
    period = Period.parse(key)
    assert (period.kind, period.start, period.end) == (kind, start, end)
    assert str(period) == key


@pytest.mark.parametrize(
    "text",
    ["", "24", "2024-13", "2024-00", "2024-W54", "2024-Q5", "2024-02-30", "2023-W53", "2024-6",
     "0000", "9999", "2024-06-05T00", " 2024", "２０２４"],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(BadPeriod):
        Period.parse(text)


def test_a_period_starts_on_its_first_day():
    with pytest.raises(BadPeriod):
        Period("month", date(2024, 6, 2))
    with pytest.raises(BadPeriod):
        Period("decade", date(2020, 1, 1))  # type: ignore[arg-type] # outside input


@given(st.sampled_from(KINDS), DAYS)
def test_periods_of_a_kind_tile_time(kind, day):
    period = Period.containing(kind, day)
    assert period.start <= day < period.end
    assert period.next().start == period.end
    assert period.next().previous() == period
    assert Period.containing(kind, period.end - timedelta(days=1)) == period
    assert Period.parse(period.key) == period


@given(st.sampled_from(KINDS), DAYS, st.integers(-300, 300), st.integers(-300, 300))
def test_shifts_add_up(kind, day, first, second):
    period = Period.containing(kind, day.replace(year=2100, day=1))
    assert period.shift(first).shift(second) == period.shift(first + second)
    assert (period.shift(first) > period) == (first > 0)


def test_through_counts_both_ends():
    year = Period.parse("2024-01")
    assert [p.key for p in year.through(Period.parse("2024-03"))] == [
        "2024-01",
        "2024-02",
        "2024-03",
    ]
    assert list(year.through(year.previous())) == []
