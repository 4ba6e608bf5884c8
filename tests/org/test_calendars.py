"""Working calendars: whose hours hold, what moves when they change, and years not yet published."""

from datetime import date, datetime

import pytest

from opsloop.analysis import worktime
from opsloop.org import actions, hooks, queries, refusals
from opsloop.org.hooks import Moved
from opsloop.org.permissions import NotPermitted, Role
from opsloop.org.published import PublishedDay, published_calendar, shipped_years
from opsloop.org.sessions_text import NotUnderstood, format_sessions, parse_days, parse_sessions
from tests.org.conftest import NOW, person

EARLY = (((480, 720), (780, 960)),) * 5 + ((), ())
NIGHT = (((0, 1440),),) * 7


def test_without_a_stored_calendar_the_published_one_holds(company):
    assert queries.company_calendar() == published_calendar()
    assert queries.calendar_for(department=company.north) == published_calendar()


def test_a_department_keeps_its_hours_on_the_companys_days(company):
    actions.define_calendar(department=company.sales, name="销售", weekly=EARLY, by=None, now=NOW)
    for department in (company.sales, company.north):
        calendar = queries.calendar_for(department=department)
        assert calendar.sessions_on(date(2024, 6, 5)) == EARLY[0]
        assert calendar.sessions_on(date(2024, 6, 10)) == (), "端午"
        assert calendar.sessions_on(date(2024, 9, 14)) == EARLY[0], "make-up Saturday"
        assert calendar.published_years == frozenset(shipped_years())
    assert queries.calendar_for(department=company.finance) == published_calendar()


def test_the_nearest_calendar_up_the_tree_holds(company):
    actions.define_calendar(department=company.sales, name="销售", weekly=EARLY, by=None, now=NOW)
    actions.define_calendar(
        department=company.north, name="热线", weekly=NIGHT, follows_company=False, by=None, now=NOW
    )
    hotline = queries.calendar_for(department=company.north)
    assert hotline.sessions_on(date(2024, 10, 1)) == worktime.WHOLE_DAY
    assert hotline.published_years == frozenset(), "a desk that never closes needs no arrangement"
    assert queries.week_of(company.north).name == "热线"


def test_leave_is_taken_out_of_a_persons_time(company):
    wang = person("wang", department=company.north)
    day = date(2024, 6, 6)
    leave, _moved = actions.add_leave(wang, first_on=day, last_on=day, by=wang, now=NOW)
    actions.add_leave(
        wang, first_on=date(2024, 6, 7), last_on=date(2024, 6, 7), sessions=((540, 720),),
        by=wang, now=NOW,
    )  # fmt: skip
    calendar = queries.calendar_for(person=wang)
    start = datetime(2024, 6, 5, 17, 0)
    assert worktime.add_working_time(calendar, start, 2 * 3600) == datetime(2024, 6, 7, 14, 0)
    actions.remove_leave(leave, by=wang, now=NOW)
    calendar = queries.calendar_for(person=wang)
    assert worktime.add_working_time(calendar, start, 2 * 3600) == datetime(2024, 6, 6, 10, 0)


def test_2027_is_unpublished_until_its_arrangement_is_entered(company):
    """No exception, no guess; afterwards what depends on it is computed again and listed."""
    october = date(2027, 10, 1)
    before = queries.company_calendar()
    assert worktime.is_provisional(before, october)
    assert worktime.is_workday(before, october)
    due = [worktime.add_workdays(before, date(2027, 9, 30), 1)]

    def recompute(*, by: object, now: datetime) -> list[Moved]:
        held, due[0] = (
            due[0],
            worktime.add_workdays(queries.company_calendar(), date(2027, 9, 30), 1),
        )
        return [Moved("整改", held, due[0])] if held != due[0] else []

    hooks.register_calendar_hook("test", recompute)
    try:
        days = parse_days("2027-10-01..2027-10-07 国庆节", is_off=True)
        days += parse_days("2027-10-09 国庆节", is_off=False)
        moved = actions.enter_published_year(2027, days, by=None, now=NOW)
        again = actions.enter_published_year(2027, days, by=None, now=NOW)
    finally:
        hooks.register_calendar_hook("test", lambda *, by, now: [])
    assert moved == [Moved("整改", date(2027, 10, 1), date(2027, 10, 8))]
    assert again == []
    after = queries.company_calendar()
    assert not worktime.is_provisional(after, october)
    assert worktime.is_workday(after, date(2027, 10, 9))
    assert 2027 in queries.known_years()


def test_a_corrected_shipped_year_takes_precedence(company):
    """2024-02-09 (除夕) was officially a workday; a company that closes enters its own day."""
    calendar, _moved = actions.define_calendar(
        department=None, name="公司", weekly=published_calendar().weekly, by=None, now=NOW
    )
    assert worktime.is_workday(queries.company_calendar(), date(2024, 2, 9))
    actions.set_calendar_day(
        calendar, day=date(2024, 2, 9), sessions=(), name="除夕", by=None, now=NOW
    )
    assert not worktime.is_workday(queries.company_calendar(), date(2024, 2, 9))
    actions.set_calendar_day(calendar, day=date(2024, 2, 9), sessions=None, by=None, now=NOW)
    assert worktime.is_workday(queries.company_calendar(), date(2024, 2, 9))
    actions.enter_published_year(
        2024, [PublishedDay(date(2024, 6, 5), "自定", is_off=True)], by=None, now=NOW
    )
    assert not worktime.is_workday(queries.company_calendar(), date(2024, 6, 5))
    assert worktime.is_workday(queries.company_calendar(), date(2024, 6, 10))


def test_impossible_hours_are_refused(company):
    with pytest.raises(refusals.BadCalendar):
        actions.define_calendar(
            department=None, name="x", weekly=(((600, 540),),) * 7, by=None, now=NOW
        )
    calendar, _moved = actions.define_calendar(
        department=None, name="x", weekly=EARLY, by=None, now=NOW
    )
    with pytest.raises(refusals.BadCalendar):
        actions.set_calendar_day(
            calendar, day=date(2024, 1, 1), sessions=((0, 1500),), by=None, now=NOW
        )


def test_a_department_manager_edits_no_company_calendar(company):
    manager = company.somebody(Role.OPERATIONS_MANAGER, company.sales)
    actions.define_calendar(department=company.north, name="北", weekly=EARLY, by=manager, now=NOW)
    for department in (None, company.finance):
        with pytest.raises(NotPermitted):
            actions.define_calendar(
                department=department, name="x", weekly=EARLY, by=manager, now=NOW
            )
    with pytest.raises(NotPermitted):
        actions.enter_published_year(2027, [], by=manager, now=NOW)
    wang = person("wang", department=company.finance)
    day = date(2024, 6, 6)
    with pytest.raises(NotPermitted):
        actions.add_leave(wang, first_on=day, last_on=day, by=manager, now=NOW)


def test_the_year_page_counts_what_the_rules_count(company):
    months = queries.year_view(queries.company_calendar(), 2024)
    assert [month.workdays for month in months] == [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22]
    kinds = {
        view.day: view.kind for month in months for week in month.weeks for view in week
        if view.in_month
    }  # fmt: skip
    assert kinds[date(2024, 6, 10)] == "holiday"
    assert kinds[date(2024, 9, 14)] == "makeup"
    assert kinds[date(2024, 6, 8)] in {"off", "holiday"}
    assert kinds[date(2024, 6, 5)] == "work"
    unpublished = queries.year_view(queries.company_calendar(), 2027)
    assert {view.kind for view in unpublished[0].weeks[1]} == {
        "assumed_work", "assumed_off"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sessions"),
    [
        ("09:00-12:00, 13:00-18:00", ((540, 720), (780, 1080))),
        ("9:00–12:00；13:00—24:00", ((540, 720), (780, 1440))),
        ("9：00至12：00、13：00－18：00", ((540, 720), (780, 1080))),
        ("", ()),
    ],
)
def test_hours_are_read_as_people_type_them(text, sessions):
    assert parse_sessions(text) == sessions
    assert parse_sessions(format_sessions(sessions)) == sessions


@pytest.mark.parametrize("text", ["朝九晚五", "9-18", "09:00-12:00 und"])
def test_other_texts_are_no_hours(text):
    with pytest.raises(NotUnderstood):
        parse_sessions(text)


@pytest.mark.parametrize("text", ["09:75-12:00", "12:00-09:00", "20:00-25:00"])
def test_impossible_hours_are_not_read(text):
    with pytest.raises(worktime.BadSessions):
        parse_sessions(text)


@pytest.mark.parametrize(
    "text", ["国庆节", "2027-13-01", "2027-10-07..2027-10-01", "2027-01-01..2027-12-31"]
)
def test_other_texts_are_no_days(text):
    with pytest.raises(NotUnderstood):
        parse_days(text, is_off=True)
