"""Scope, filters, the printed forms' columns, the dashboard's numbers against brute force."""

from datetime import date, timedelta

import pytest

from opsloop.analysis.period import Period
from opsloop.loop import actions, queries
from opsloop.loop.models import Deviation, Verification
from opsloop.loop.queries import Filters
from opsloop.loop.queries.dashboard import quantile, tool_label
from opsloop.loop.queries.lessons import likeness
from opsloop.loop.states import GRAVE, Outcome, Severity, State
from opsloop.org.models import Person

TODAY = date(2024, 6, 5)


def _seen(person, **filters):
    rows = queries.deviations_visible_to(person)
    return set(queries.filtered(rows, Filters(**filters), today=TODAY).values_list("pk", flat=True))


def test_people_see_their_departments_and_what_names_them(story):
    cast = story.cast
    mine = story.raised()
    theirs = story.raised(department=cast.finance, dimension="d2", owner=cast.employee)
    assert _seen(cast.department_head) == {mine.pk}
    assert _seen(cast.employee) == {mine.pk, theirs.pk}
    assert _seen(cast.outsider) == set()
    assert _seen(cast.operations_manager) == {mine.pk, theirs.pk}
    assert _seen(cast.auditor) == set()


def test_who_supports_or_carries_out_sees_it_and_so_does_their_head(story):
    from decimal import Decimal

    cast = story.cast
    measure = story.approved(accountable_department=cast.sales, owner=cast.outsider)
    assert _seen(cast.outsider) == {measure.deviation_id}
    boss = Person.objects.get(pk=cast.finance_reviewer.pk)
    other = story.approved(story.planning(story.confirmed(story.raised(dimension="d2"))))
    actions.ask_support(
        other, department=cast.finance, person=boss, what="核对", amount=Decimal(1), unit="次",
        due_on=date(2024, 6, 11), by=cast.employee, now=story.now,
    )  # fmt: skip
    assert other.deviation_id in _seen(boss)


def test_a_cost_stays_a_cost_in_the_loop(story):
    story.source = "figures.amount"
    deviation = story.raised(tool="costs", owner=story.cast.department_head)
    colleague = Person.objects.get(pk=story.cast.employee.pk)  # may not view costs
    assert _seen(colleague) == set()
    assert _seen(story.cast.finance_reviewer) == {deviation.pk}


def test_every_filter_narrows_to_exactly_its_rows(story):
    head = story.cast.department_head
    grave = story.raised(severity=Severity.MAJOR)
    closed = actions.dismiss(story.raised(dimension="d2"), by=head, now=story.now, comment="误报")
    late = story.approved(story.planning(story.confirmed(story.raised(dimension="d3"))))
    other_tool = story.raised(dimension="d4", tool="quality", dimension_label="客服热线")
    boss = story.cast.operations_manager
    assert _seen(boss, stage="open") == {grave.pk, late.deviation_id, other_tool.pk}
    assert _seen(boss, stage="closed") == {closed.pk}
    rows = queries.deviations_visible_to(boss)
    overdue = queries.filtered(rows, Filters(stage="overdue"), today=date(2024, 7, 1))
    assert set(overdue) == {late.deviation}
    assert _seen(boss, stage="overdue") == set()
    assert _seen(boss, stage="recurred") == set()
    assert _seen(boss, stage="nonsense") == set()
    assert _seen(boss, severity=Severity.MAJOR) == {grave.pk}
    assert _seen(boss, state=State.RECTIFICATION) == {late.deviation_id}
    assert _seen(boss, tool="quality") == {other_tool.pk}
    assert _seen(boss, text="热线") == {other_tool.pk}
    assert _seen(boss, text="没有写进表单") == {late.deviation_id}
    assert _seen(boss, department=story.cast.purchasing.pk, stage="closed") == {closed.pk}
    assert _seen(boss, department=0) == set()
    assert _seen(boss, owner=story.cast.employee.pk, tool="quality") == {other_tool.pk}
    assert _seen(boss, aged="0-7") == _seen(boss)
    assert _seen(boss, aged="8-30") == _seen(boss, aged="91+") == _seen(boss, aged="x") == set()


def test_filter_by_the_latest_verdict(story):
    deviation = story.judged()
    assert _seen(story.cast.department_head, outcome=Outcome.EFFECTIVE) == {deviation.pk}
    assert _seen(story.cast.department_head, outcome=Outcome.WORSENED) == set()


def test_search_stays_in_scope(story):
    deviation = story.raised()
    assert queries.search(story.cast.department_head, "财务复核") == [deviation]
    assert queries.search(story.cast.outsider, "财务复核") == []
    assert queries.search(story.cast.auditor, "财务复核") == []
    assert queries.search(story.cast.department_head, "  ") == []


def test_the_columns_of_the_printed_forms_come_from_the_loop(story):
    """L-15: nothing of this is typed twice."""
    deviation = story.approved().deviation
    story.raised(dimension="d2")
    found = queries.for_dimension("processes", [story.dimension, "d2", "d3"])
    row = found[story.dimension]
    assert (row.deviation_id, row.cause, row.accountable_department, row.owner) == (
        deviation.pk, "报销标准没有写进表单", "采购部", "孙专员",
    )  # fmt: skip
    assert (row.countermeasure, row.due_on) == (
        "把报销标准写进申请表单，缺项不能提交", date(2024, 6, 28),
    )  # fmt: skip
    assert (row.status, row.outcome, row.is_open) == ("已批准", "", True)
    assert (found["d2"].cause, found["d2"].due_on, found["d2"].owner) == ("", None, "")
    assert "d3" not in found
    assert queries.for_dimension("processes", ["d2"], person=story.cast.outsider) == {}


def test_the_columns_show_the_open_one_first_and_the_reason_of_no_countermeasure(story):
    head = story.cast.department_head
    deviation = story.confirmed()
    actions.mark_uncontrollable(
        deviation, reason="无（客观业绩增长）", by=story.cast.employee, now=story.now
    )
    actions.approve_uncontrollable(deviation, by=head, now=story.now)
    columns = queries.for_dimension("processes", [story.dimension])[story.dimension]
    assert (columns.countermeasure, columns.is_open) == ("无（客观业绩增长）", False)
    again = story.raised(period=Period.parse("2024-06"))
    story.raised(rule="other")
    closed = actions.dismiss(story.raised(rule="third"), by=head, now=story.now, comment="误报")
    assert closed.state == State.DISMISSED
    columns = queries.for_dimension("processes", [story.dimension])[story.dimension]
    assert columns.deviation_id > again.pk
    assert columns.is_open


def test_a_newer_closed_one_does_not_hide_the_open_one(story):
    still_open = story.raised()
    newer = story.confirmed(story.raised(rule="other"))
    actions.mark_uncontrollable(newer, reason="政策", by=story.cast.employee, now=story.now)
    actions.approve_uncontrollable(newer, by=story.cast.department_head, now=story.now)
    found = queries.for_dimension("processes", [story.dimension])[story.dimension]
    assert found.deviation_id == still_open.pk


def test_the_columns_of_a_form_cost_few_queries(story, django_assert_max_num_queries):
    for place in range(6):
        story.confirmed(story.raised(dimension=f"d{place}"))
    with django_assert_max_num_queries(5):
        assert len(queries.for_dimension("processes", [f"d{place}" for place in range(6)])) == 6


def test_people_of_a_department(story):
    members = queries.people_of(story.cast.purchasing)
    assert {person.name for person in members} == {"赵主管", "孙专员"}
    assert queries.people_of(None) == []


def test_the_dashboard_equals_brute_force(story):
    head = story.cast.department_head
    story.archived()
    for place, severity in enumerate([Severity.MINOR, Severity.MAJOR, Severity.MAJOR]):
        story.raised(dimension=f"d{place}", severity=severity)
    late = story.approved(
        story.planning(story.confirmed(story.raised(dimension="late"))), start_on=date(2024, 8, 5),
        promised_on=date(2024, 8, 6), expected_by="2024-09",
    )  # fmt: skip
    today = date(2024, 8, 20)
    shown = queries.dashboard(head, today=today)
    rows = list(Deviation.objects.visible_to(head))
    still_open = [row for row in rows if row.is_open]
    assert shown.open == len(still_open) == 4
    assert (shown.overdue.part, shown.overdue.whole) == (1, 4)
    assert late.deviation in Deviation.objects.visible_to(head).overdue(today)
    graves = sum(row.severity in GRAVE for row in still_open)
    assert {part.count for part in shown.by_severity if "major" in part.query} == {graves}
    for slices in (shown.by_age, shown.by_severity, shown.by_department, shown.by_state,
                   shown.by_tool):  # fmt: skip
        assert sum(part.count for part in slices) == shown.open
    confirmed = [row for row in rows if row.confirmed_at]
    assert shown.to_confirm.n == len(confirmed) == 2
    assert shown.to_confirm.median == 0
    archived = next(row for row in rows if row.state == State.ARCHIVED)
    assert archived.closed_at is not None
    days = (archived.closed_at - archived.raised_at) / timedelta(days=1)
    assert (shown.to_close.n, shown.to_close.median) == (1, days)
    assert (shown.effectiveness.part, shown.effectiveness.whole) == (1, 1)
    assert (shown.recurrence.part, shown.recurrence.whole) == (0, 1)
    assert shown.insufficient.value is None
    assert Verification.objects.count() == 1


def test_each_number_of_the_dashboard_lists_its_rows(story):
    from django.http import QueryDict

    from opsloop.loop.views import filters_of

    head = story.cast.department_head
    for place, severity in enumerate([Severity.MINOR, Severity.MAJOR, Severity.MAJOR]):
        story.raised(dimension=f"d{place}", severity=severity)
    shown = queries.dashboard(head, today=TODAY)
    for part in [*shown.by_age, *shown.by_severity, *shown.by_department, *shown.by_state]:
        filters = filters_of(QueryDict(part.query).dict())
        rows = queries.filtered(queries.deviations_visible_to(head), filters, today=TODAY)
        assert rows.count() == part.count


def test_a_recurrence_counts_against_effectiveness(story):
    story.archived()
    story.later(days=40)
    back = story.raised(period=Period.parse("2024-08"))
    shown = queries.dashboard(story.cast.department_head, today=date(2024, 9, 20))
    assert (shown.effectiveness.part, shown.effectiveness.whole) == (0, 1)
    assert (shown.recurrence.part, shown.recurrence.whole) == (1, 1)
    assert _seen(story.cast.department_head, stage="recurred") == {back.pk}


def test_insufficient_verdicts_are_a_share_of_what_waits(story):
    story.judged(after=(3, 20))
    shown = queries.dashboard(story.cast.department_head, today=date(2024, 8, 20))
    assert shown.insufficient.value == 1
    assert shown.expected_false_successes == 0


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.9, None), ([5.0], 0.9, 5.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.5)],
)
def test_quantiles(values, share, expected):
    assert quantile(values, share) == expected


def test_a_tool_is_called_by_its_name_or_its_key():
    assert str(tool_label("costs")) == "成本"
    assert tool_label("sixth") == "sixth"


def test_similar_lessons_are_suggested_and_far_ones_are_not(story):
    archived = story.archived()
    same = story.confirmed(story.raised(dimension="d2", dimension_label="采购审批 · 总经理审批"))
    (found,) = queries.similar(story.cast.department_head, same)
    assert found.lesson == archived.lessons.get()
    assert queries.similar(story.cast.outsider, same) == []
    story.source, story._version = "figures.pass_rate", None
    far = story.confirmed(story.raised(dimension="x", dimension_label="zzz", rule="other"))
    assert queries.similar(story.cast.department_head, far) == []


def test_lessons_are_found_by_every_word(story):
    story.archived()
    rows = queries.lessons_visible_to(story.cast.department_head)
    assert queries.lessons_matching(rows, "报销 表单").count() == 1
    assert queries.lessons_matching(rows, "报销 汽车").count() == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("审批退回", "审批退回", 1.0), ("审批", "汽车", 0.0), ("", "审批", 0.0), ("审", "审", 0.0)],
)
def test_likeness_of_wordings(one, other, expected):
    assert likeness(one, other) == expected
