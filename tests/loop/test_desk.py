"""L-14: a person's day on one page, counted against what the records say."""

from datetime import date
from decimal import Decimal

import pytest

from opsloop.analysis.period import Period
from opsloop.loop import actions, queries
from opsloop.loop.queries.desk import LIMIT, URGENCIES, _urgency
from opsloop.loop.states import Severity
from tests.loop import figures

TODAY = date(2024, 6, 5)


def _texts(person, today=TODAY):
    desk = queries.desk(person, today=today)
    return {(item.kind, item.deviation_id) for group in desk.groups for item in group.items}


def test_an_empty_desk_says_so(story):
    desk = queries.desk(story.cast.employee, today=TODAY)
    assert (desk.total, desk.groups, desk.tally) == (0, (), [])


def test_each_stage_waits_on_the_desk_of_whom_it_waits_for(story):
    cast = story.cast
    head, employee = cast.department_head, cast.employee
    deviation = story.raised()
    key = deviation.pk
    assert _texts(head) == _texts(employee) == {("confirm", key)}
    story.confirmed(deviation)
    assert (_texts(head), _texts(employee)) == (set(), {("cause", key)})
    actions.mark_uncontrollable(deviation, reason="政策", by=employee, now=story.now)
    assert _texts(head) == {("approval", key)}
    story.planning(deviation)
    assert _texts(employee) == {("plan", key)}
    measure = story.proposed(story.fresh(deviation))
    assert (_texts(head), _texts(employee)) == ({("approval", key)}, set())
    actions.approve_countermeasure(measure, by=head, now=story.now)
    assert (_texts(head), _texts(employee)) == (set(), {("countermeasure", key)})
    asked = actions.ask_support(
        measure, department=cast.sales, person=cast.outsider, what="模板", amount=Decimal(1),
        unit="份", due_on=date(2024, 6, 7), by=employee, now=story.now,
    )  # fmt: skip
    assert _texts(cast.outsider) == {("support", key)}
    actions.promise_support(asked, by=cast.outsider, now=story.now)
    actions.give_support(asked, by=cast.outsider, now=story.now)
    assert _texts(cast.outsider) == set()


def test_a_new_one_without_owner_waits_for_who_may_name_one(story):
    deviation = story.raised(owner=None, department=story.cast.sales)
    assert _texts(story.cast.operations_manager) == {("confirm", deviation.pk)}
    assert _texts(story.cast.department_head) == set()


def test_verdicts_and_missing_records_wait_too(story):
    deviation = story.judged()
    assert ("verdict", deviation.pk) in _texts(story.cast.department_head)
    figures.COUNTS.clear()
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    actions.evaluate(deviation, by=None, now=story.now)
    assert ("data", deviation.pk) in _texts(story.cast.employee)
    assert ("verdict", deviation.pk) not in _texts(story.cast.department_head)


def test_a_grave_verdict_does_not_wait_for_who_carried_it_out(story):
    story.severity = Severity.MAJOR
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    deviation = story.finished(owner=story.cast.department_head)
    figures.record(story.dimension, "2024-07", (3, 100))
    actions.evaluate(deviation, by=None, now=story.at(date(2024, 8, 2)))
    assert ("verdict", deviation.pk) not in _texts(story.cast.department_head)
    assert ("verdict", deviation.pk) in _texts(story.cast.operations_manager)
    assert ("obligation", deviation.pk) in _texts(story.cast.employee)


@pytest.mark.parametrize(
    ("due", "urgency"),
    [
        (date(2024, 6, 4), "overdue"),
        (date(2024, 6, 5), "today"),
        (date(2024, 6, 6), "week"),
        (date(2024, 6, 9), "week"),
        (date(2024, 6, 10), "later"),
        (None, "waiting"),
    ],
)
def test_urgency_follows_the_calendar_week(due, urgency):
    assert _urgency(due, TODAY, date(2024, 6, 9)) == urgency
    assert urgency in URGENCIES


def test_the_soonest_stands_first(story):
    deviation = story.approved().deviation
    story.approved(deviation, promised_on=date(2024, 6, 7), what="先做这个")
    groups = queries.desk(story.cast.employee, today=date(2024, 6, 10)).groups
    assert [group.urgency for group in groups] == ["overdue", "later"]
    assert groups[0].items[0].text == "先做这个"
    assert str(groups[0].items[0].kind_label) == "待办措施"


def test_the_desk_costs_the_same_however_full_it_is(story, django_assert_max_num_queries):
    for place in range(8):
        story.confirmed(story.raised(dimension=f"step:{place}"))
        story.raised(dimension=f"new:{place}", owner=story.cast.department_head)
    with django_assert_max_num_queries(30):
        desk = queries.desk(story.cast.employee, today=TODAY)
    assert desk.counts["cause"] == 8 <= LIMIT


def test_approvals_reach_the_head_of_the_department_that_will_do_the_work(story):
    cast = story.cast
    other = story.raised(department=cast.sales, owner=cast.outsider, period=Period.parse("2024-05"))
    actions.confirm(other, by=cast.outsider, now=story.now)
    story.cast = type(cast)(**{**vars(cast), "employee": cast.operations_manager})
    story.cause(other)
    planned = actions.settle_causes(other, by=cast.outsider, now=story.now)
    actions.propose_countermeasure(
        planned, terms=story.terms(planned, owner=cast.employee), by=cast.outsider, now=story.now
    )
    assert ("approval", other.pk) in _texts(cast.department_head)
