"""The example task form, read as it is, says everything that is wrong with it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.worktime import is_workday
from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.org.published import published_calendar
from opsloop.projects.remarks import check
from opsloop.projects.sheet import TASK_TRACKING
from tests.filled_forms import example, facts, with_cells

TITLE = {
    "name": "新产品X上市项目", "lead": "李明", "started_on": date(2024, 6, 3),
    "goal": "2024年第三季度完成新产品X上市", "goal_deadline_on": date(2024, 9, 30),
}  # fmt: skip
TASK = {
    "name": "市场调研", "accountable_department": "市场部", "supporting_departments": "研发部",
    "due_on": date(2024, 6, 28), "status": "in_progress", "owner": "王芳",
    "deliverable": "市场调研报告", "support": "研发部1个工作日内反馈", "predecessors": "立项",
    "buffer": Decimal(1), "planned_start": date(2024, 6, 3), "response_hours": Decimal(24),
}  # fmt: skip


def form(*rows, **header):
    tasks = tuple(SheetRow(str(n), {**TASK, **row}) for n, row in enumerate(rows, start=1))
    return FilledSheet(TASK_TRACKING, {**TITLE, **header}, tasks)


def said(code, *rows, **header):
    return [fact[1:] for fact in facts(check(form(*rows, **header))) if fact[0] == code]


def test_the_example_form_says_everything_that_is_wrong_with_it():
    assert facts(check(example(TASK_TRACKING))) == [
        ("X-32", "", "started_on", "2024-05-31 / 2024-06-03", "2024-06-01"),
        ("X-32", "1", "due_on", "2024-06-28 / 2024-07-01", "2024-06-30"),
        ("X-32", "2", "due_on", "2024-07-19 / 2024-07-22", "2024-07-20"),
        ("S7", "2", "status", "进行中(滞后)", "进行中"),
        ("X-32", "3", "due_on", "2024-08-09 / 2024-08-12", "2024-08-10"),
        ("X-31", "3", "supporting_departments", "设备部", "研发部"),
        ("X-32", "4", "due_on", "2024-08-23 / 2024-08-26", "2024-08-25"),
        ("S7", "4", "status", "进行中(受阻)", "进行中"),
        ("X-32", "5", "due_on", "2024-08-30 / 2024-09-02", "2024-09-01"),
        ("X-31", "", "status", "", "未开始"),
        ("X-33", "", "lead", "", "*总监"),
        ("S8", "", "", "", ""),
    ]


def test_nothing_is_read_as_nothing():
    """S12: 配合部门 “无” and 风险点 “无” are empty cells."""
    row = example(TASK_TRACKING).rows[0]
    assert (row.values["supporting_departments"], row.values["risk"]) == (None, None)


def test_a_deadline_in_the_text_is_held_against_the_milestone():
    """S6: “7月15日前” against 06-30."""
    smart = "7月15日前完成市场调研报告,包含竞品分析、目标用户画像、市场规模预估"
    found = check(with_cells(example(TASK_TRACKING), {("1", "deliverable"): smart}))
    assert ("S6", "1", "deliverable", "2024-07-15", "2024-06-30") in facts(found)
    assert said("S6", {"deliverable": "6月28日前交付调研报告"}) == []
    assert said("S6", {"deliverable": "7月15日前交付", "due_on": None}) == []


def test_the_slack_is_measured_to_the_goal():
    """S10: from 09-02 to 09-30 there are 21 workdays, make-up Saturday and Sunday included."""
    found = check(example(TASK_TRACKING, goal_deadline_on=date(2024, 9, 30)))
    assert ("S10", "", "goal_deadline_on", "21", "") in facts(found)
    assert said("S10", {"due_on": date(2024, 10, 8)}) == [
        ("", "goal_deadline_on", "2024-10-08", "2024-09-30")
    ]  # fmt: skip


def test_a_promise_longer_than_the_response_limit():
    """S11: 24 hours against three workdays."""
    (remark,) = said("S11", {"support": "3个工作日内反馈"})
    assert remark == ("1", "response_hours", "24.0 小时", "3个工作日内")


@pytest.mark.parametrize(
    ("row", "code", "fact"),
    [
        ({"accountable_department": "市场部、研发部"}, "S5",
         ("1", "accountable_department", "市场部", "市场部、研发部")),
        ({"accountable_department": None}, "T10", ("1", "accountable_department", "", "")),
        ({"status": "收尾中"}, "X-31", ("1", "status", "", "收尾中")),
    ],
)  # fmt: skip
def test_what_a_task_may_not_leave_open(row, code, fact):
    assert said(code, row) == [fact]


def test_done_without_a_deliverable_is_flagged_where_others_name_one():
    assert said("T-N4", {}, {"status": "done", "deliverable": None}) == [
        ("2", "deliverable", "", "已完成")
    ]  # fmt: skip


def test_other_companies_have_other_departments():
    form = example(TASK_TRACKING)
    assert not [r for r in check(form, departments={}) if r.column == "supporting_departments"]


def test_a_consistent_form_tells_only_its_slack():
    assert [fact[0] for fact in facts(check(form({})))] == ["S10"]
    assert facts(check(replace(form(), rows=()))) == []


days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(days)
def test_exactly_the_days_nobody_works_are_named_with_the_workdays_around_them(day):
    calendar = published_calendar()
    found = said("X-32", {"due_on": day, "planned_start": None}, goal_deadline_on=None)
    assert bool(found) != is_workday(calendar, day)
    for _row, _column, around, written in found:
        before, after = map(date.fromisoformat, around.split(" / "))
        between = [before + timedelta(days=n) for n in range(1, (after - before).days)]
        assert is_workday(calendar, before) and is_workday(calendar, after)
        assert date.fromisoformat(written) in between
        assert not any(is_workday(calendar, other) for other in between)
