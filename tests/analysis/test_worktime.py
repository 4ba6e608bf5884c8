"""Working time: golden vectors, and the properties that make durations trustworthy.

The vectors are facts: the work hours of an event log's steps, the due times of a service desk's
clock, and the working days of a project plan, all on China's published arrangements.
"""

from datetime import date, datetime, timedelta
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis import worktime
from opsloop.analysis.worktime import CLOCK, WHOLE_DAY, Calendar, Sessions
from opsloop.org.published import published_calendar, published_days, shipped_years

SPLIT = published_calendar(((540, 720), (810, 1080)))  # 09:00–12:00 + 13:30–18:00
OFFICE = published_calendar(((540, 720), (780, 1080)))  # 09:00–12:00 + 13:00–18:00
WEEKDAYS = Calendar(weekly=OFFICE.weekly)
NO_MAKEUP = Calendar(
    weekly=OFFICE.weekly,
    exceptions=MappingProxyType({d: s for d, s in OFFICE.exceptions.items() if not s}),
)


def us(*moments: datetime | str) -> worktime.Instants:
    return np.array([np.datetime64(moment, "us") for moment in moments]).astype(np.int64)


def hours(calendar: Calendar, start: str, end: str) -> float:
    return float(worktime.worked_seconds(calendar, us(start), us(end))[0]) / 3600


@pytest.mark.parametrize(
    ("start", "end", "expected", "why"),
    [
        ("2024-05-24T17:00", "2024-05-27T10:00", 2.0, "weekend"),
        ("2024-06-07T17:00", "2024-06-11T10:00", 2.0, "端午 06-10"),
        ("2024-09-13T17:00", "2024-09-18T10:00", 9.5, "09-14 Sat is a workday, 15-17 off"),
        ("2024-09-14T09:00", "2024-09-14T18:00", 7.5, "make-up Saturday"),
        ("2024-09-30T18:00", "2024-10-08T09:00", 0.0, "国庆"),
        ("2024-10-12T00:00", "2024-10-13T00:00", 7.5, "make-up Saturday"),
        ("2024-04-30T18:00", "2024-05-06T09:00", 0.0, "五一"),
        ("2024-05-20T20:00", "2024-05-20T23:00", 0.0, "after hours"),
    ],
)
def test_work_hours_between_two_events(start, end, expected, why):
    assert hours(SPLIT, start, end) == expected, why


@pytest.mark.parametrize(
    ("start", "add", "due"),
    [
        ("06-07T17:00", 4, ("06-07T21:00", "06-10T12:00", "06-11T12:00", "06-11T12:00")),
        ("09-13T17:00", 4, ("09-13T21:00", "09-16T12:00", "09-18T12:00", "09-14T12:00")),
        ("09-29T10:00", 4, ("09-29T14:00", "09-30T14:00", "09-30T14:00", "09-29T15:00")),
        ("06-05T10:00", 72, ("06-08T10:00", "06-18T10:00", "06-19T10:00", "06-19T10:00")),
    ],
)
def test_a_service_clock_is_due(start, add, due):
    """Columns: clock time; weekdays only; holidays without make-up days; the true calendar."""
    begin = datetime.fromisoformat(f"2024-{start}")
    for calendar, instant in zip((CLOCK, WEEKDAYS, NO_MAKEUP, OFFICE), due, strict=True):
        expected = datetime.fromisoformat(f"2024-{instant}")
        assert worktime.add_working_time(calendar, begin, add * 3600) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("06-01", "06-30", 19), ("07-01", "07-20", 15), ("07-21", "08-10", 15),
        ("07-01", "08-25", 40), ("08-26", "09-01", 5), ("08-11", "09-01", 15),
        ("09-02", "09-30", 21),
    ],
)  # fmt: skip
def test_working_days_of_a_plan(first, last, expected):
    span = date.fromisoformat(f"2024-{first}"), date.fromisoformat(f"2024-{last}")
    assert worktime.workdays_between(OFFICE, *span) == expected


@pytest.mark.parametrize(
    ("node", "previous", "following"),
    [
        ("06-30", "06-28", "07-01"), ("07-20", "07-19", "07-22"), ("08-10", "08-09", "08-12"),
        ("08-25", "08-23", "08-26"), ("09-01", "08-30", "09-02"),
    ],
)  # fmt: skip
def test_a_milestone_on_a_day_off_has_workdays_beside_it(node, previous, following):
    day = date.fromisoformat(f"2024-{node}")
    assert not worktime.is_workday(OFFICE, day)
    assert worktime.add_workdays(OFFICE, day, -1) == date.fromisoformat(f"2024-{previous}")
    assert worktime.add_workdays(OFFICE, day, 1) == date.fromisoformat(f"2024-{following}")
    assert worktime.add_workdays(OFFICE, day, 0) == day


def test_three_working_days_end_after_the_holiday():
    """X-13: `3日内` from 2024-06-05 is 06-08 in clock days, 06-11 in working days."""
    assert worktime.add_workdays(OFFICE, date(2024, 6, 5), 3) == date(2024, 6, 11)
    assert worktime.add_workdays(CLOCK, date(2024, 6, 5), 3) == date(2024, 6, 8)


def test_published_years_have_their_known_number_of_workdays():
    months_2024 = [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22]
    for month, expected in enumerate(months_2024, start=1):
        last = date(2024 + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        assert worktime.workdays_between(OFFICE, date(2024, month, 1), last) == expected
    for year, expected in {2024: 251, 2025: 248, 2026: 248}.items():
        assert worktime.workdays_between(OFFICE, date(year, 1, 1), date(year, 12, 31)) == expected
    for day in (date(2024, 9, 29), date(2024, 10, 12)):
        assert worktime.is_workday(OFFICE, day)
    february = [
        worktime.workdays_between(OFFICE, date(year, 2, 1), date(year, 3, 1) - timedelta(days=1))
        for year in (2024, 2025, 2026)
    ]
    assert february == [18, 19, 16]
    # “每月第5个工作日” of October 2024 is a make-up Saturday.
    assert worktime.add_workdays(OFFICE, date(2024, 9, 30), 5) == date(2024, 10, 12)


def test_every_shipped_year_names_its_days():
    assert shipped_years() == tuple(range(2018, 2027))
    for year in shipped_years():
        days = published_days(year)
        assert any(day.is_off for day in days) and all(day.name for day in days)
        assert len({day.date for day in days}) == len(days)


def test_an_unpublished_year_is_reported_and_follows_the_weekly_rule():
    instants = us("2024-01-01T00:00", "2026-12-31T00:00", "2027-02-08T10:00", "2029-01-01T00:00")
    assert worktime.unpublished_years(OFFICE, instants) == (2027, 2029)
    assert worktime.unpublished_years(CLOCK, instants) == ()
    assert worktime.unpublished_years(OFFICE, instants[:0]) == ()
    assert hours(OFFICE, "2027-10-01T00:00", "2027-10-02T00:00") == 8.0
    assert worktime.is_provisional(OFFICE, date(2027, 10, 1))
    assert not worktime.is_provisional(OFFICE, date(2026, 10, 1))
    assert not worktime.is_provisional(CLOCK, date(2027, 10, 1))


def test_a_session_to_midnight_loses_no_minute():
    night = Calendar(weekly=(((0, 360), (1320, 1440)),) * 7)
    assert hours(night, "2024-06-05T22:00", "2024-06-06T06:00") == 8.0
    assert hours(CLOCK, "2024-06-05T00:00", "2024-06-12T00:00") == 168.0
    start = datetime(2024, 6, 5, 23, 0)
    assert worktime.add_working_time(night, start, 3600) == datetime(2024, 6, 6, 0, 0)
    assert worktime.add_working_time(night, start, 3601) == datetime(2024, 6, 6, 0, 0, 1)


def test_a_pause_across_a_holiday_counts_nothing():
    """Active 06-07 09:00–17:00, paused over 端午, active again 06-11 09:00–10:00."""
    active = worktime.worked_seconds(
        OFFICE,
        us("2024-06-07T09:00", "2024-06-11T09:00"),
        us("2024-06-07T17:00", "2024-06-11T10:00"),
    )
    assert int(active.sum()) == 8 * 3600
    assert hours(OFFICE, "2024-06-07T18:00", "2024-06-11T09:00") == 0.0


def test_shapes_and_empty_input_are_kept():
    grid = us("2024-06-05T10:00", "2024-06-05T11:00", "1969-12-30T12:00", "1969-12-31T12:00")
    assert worktime.cumulative_seconds(OFFICE, grid.reshape(2, 2)).shape == (2, 2)
    assert worktime.cumulative_seconds(OFFICE, grid[:0]).size == 0
    assert worktime.cumulative_seconds(CLOCK, grid[:0]).size == 0
    before = worktime.cumulative_seconds(OFFICE, us("1970-01-01T00:00", "1969-12-31T00:00"))
    assert before.tolist() == [0, -8 * 3600]


@pytest.mark.parametrize(
    "sessions", [((600, 540),), ((540, 540),), ((-1, 5),), ((0, 1441),), ((540, 720), (700, 800))]
)
def test_impossible_sessions_are_refused(sessions):
    with pytest.raises(worktime.BadSessions):
        Calendar(weekly=(sessions,) * 7)
    with pytest.raises(worktime.BadSessions):
        Calendar(weekly=((),) * 7, exceptions={date(2024, 1, 1): sessions})


def test_a_week_has_seven_days():
    with pytest.raises(worktime.BadSessions):
        Calendar(weekly=(WHOLE_DAY,) * 6)


def test_a_calendar_without_working_time_ends():
    never = Calendar(weekly=((),) * 7, exceptions={date(2024, 6, 5): ((540, 600),)})
    assert worktime.add_working_time(
        never, datetime(2024, 6, 1), 3600
    ) == datetime(2024, 6, 5, 10)  # fmt: skip
    assert worktime.add_workdays(never, date(2024, 6, 9), -1) == date(2024, 6, 5)
    with pytest.raises(worktime.NoWorkingTime):
        worktime.add_working_time(never, datetime(2024, 6, 1), 3601)
    for calendar, day, count in (
        (never, date(2024, 6, 5), 1),
        (OFFICE, date(9999, 12, 31), 1),
        (OFFICE, date(1, 1, 1), -1),
    ):
        with pytest.raises(worktime.NoWorkingTime):
            worktime.add_workdays(calendar, day, count)
    with pytest.raises(ValueError, match="forwards"):
        worktime.add_working_time(OFFICE, datetime(2024, 6, 1), -1)


def test_backwards_spans_have_no_workdays():
    assert worktime.workdays_between(OFFICE, date(2024, 6, 30), date(2024, 6, 1)) == 0


def test_company_department_and_leave_share_their_time():
    late = Calendar(weekly=(((600, 1200),),) * 7, published_years=frozenset({2024}))
    day = date(2024, 6, 5)
    shared = worktime.combine(
        OFFICE, late, {day: ((600, 660), (630, 720)), date(2024, 6, 6): WHOLE_DAY}
    )
    assert shared.sessions_on(date(2024, 6, 4)) == ((600, 720), (780, 1080))
    assert shared.sessions_on(day) == ((780, 1080),)
    assert not worktime.is_workday(shared, date(2024, 6, 6))
    assert not worktime.is_workday(shared, date(2024, 6, 10))
    assert worktime.is_workday(shared, date(2024, 9, 14))
    assert shared.published_years == frozenset({2024})
    assert worktime.combine(OFFICE).published_years == OFFICE.published_years
    assert worktime.combine(CLOCK).published_years == frozenset()
    assert worktime.without(((540, 720),), ((540, 1440),)) == ()


def test_equal_calendars_have_equal_fingerprints():
    turned = dict(reversed(list(OFFICE.exceptions.items())))
    twin = Calendar(OFFICE.weekly, turned, OFFICE.published_years)
    assert worktime.fingerprint(twin) == worktime.fingerprint(OFFICE)
    assert worktime.fingerprint(SPLIT) != worktime.fingerprint(OFFICE)


# ── properties ───────────────────────────────────────────────────────────────────────────────

edges = st.lists(st.integers(0, 1440), unique=True, max_size=6).map(sorted)


def pair_up(points: list[int]) -> Sessions:
    return tuple(zip(points[0::2], points[1::2], strict=False))


sessions = edges.map(pair_up)
days = st.dates(date(2024, 5, 25), date(2024, 6, 20))
calendars = st.builds(
    Calendar,
    weekly=st.tuples(*(sessions for _ in range(7))),
    exceptions=st.dictionaries(days, sessions, max_size=5),
)
moments = st.datetimes(datetime(2024, 5, 28), datetime(2024, 6, 18)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


def minutes_by_brute_force(calendar: Calendar, start: datetime, end: datetime) -> int:
    worked = 0
    while start < end:
        minute = start.hour * 60 + start.minute
        worked += any(a <= minute < b for a, b in calendar.sessions_on(start.date()))
        start += timedelta(minutes=1)
    return worked


@given(calendars, moments, moments)
def test_equals_counting_minute_by_minute(calendar, one, other):
    start, end = sorted((one, other))
    seconds = int(worktime.worked_seconds(calendar, us(start), us(end))[0])
    assert seconds == 60 * minutes_by_brute_force(calendar, start, end)


@given(
    calendars,
    st.lists(st.datetimes(datetime(1960, 1, 1), datetime(2060, 1, 1)), min_size=3, max_size=3),
)
def test_durations_add_up(calendar, three):
    a, b, c = (us(moment) for moment in three)
    whole = worktime.worked_seconds(calendar, a, c)
    parts = worktime.worked_seconds(calendar, a, b) + worktime.worked_seconds(calendar, b, c)
    assert whole == parts


@given(
    calendars, st.datetimes(datetime(2024, 5, 28), datetime(2024, 6, 18)), st.integers(0, 400_000)
)
def test_adding_working_time_is_the_inverse_of_measuring_it(calendar, start, seconds):
    try:
        end = worktime.add_working_time(calendar, start, seconds)
    except worktime.NoWorkingTime:
        assert not any(calendar.weekly)
        return
    assert int(worktime.worked_seconds(calendar, us(start), us(end))[0]) == seconds
    if end > start:  # the earliest such instant: a microsecond before, work is still left
        early = us(end - timedelta(microseconds=1) - timedelta(microseconds=start.microsecond))
        whole_start = us(start.replace(microsecond=0))
        assert (
            int(worktime.worked_seconds(calendar, whole_start, early)[0]) < seconds or seconds == 0
        )


@given(calendars, days, st.integers(1, 15))
def test_workdays_counted_are_workdays_stepped(calendar, day, count):
    if not any(calendar.weekly):
        return
    reached = worktime.add_workdays(calendar, day, count)
    assert worktime.workdays_between(calendar, day + timedelta(days=1), reached) == count
    back = worktime.add_workdays(calendar, reached, -count)
    assert back <= day
    assert worktime.workdays_between(calendar, back, reached - timedelta(days=1)) == count


@given(calendars, calendars, st.dictionaries(days, sessions, max_size=3), moments)
def test_combined_time_is_what_all_have_in_common(company, department, leave, moment):
    shared = worktime.combine(company, department, leave)
    minute, day = moment.hour * 60 + moment.minute, moment.date()

    def covers(spans: Sessions) -> bool:
        return any(a <= minute < b for a, b in spans)

    assert covers(shared.sessions_on(day)) == (
        covers(company.sessions_on(day))
        and covers(department.sessions_on(day))
        and not covers(leave.get(day, ()))
    )
