"""Monthly collection: tasks open by themselves, close by what arrives, remind on working days."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from opsloop.costs import actions
from opsloop.costs.collecting import deliveries
from opsloop.costs.models import CollectionTask, TaskState
from opsloop.loop.queries.desk import desk
from opsloop.notify.models import Notice
from opsloop.org.permissions import NotPermitted

HEAD = "期间,成本类别,子项名称,部门,金额\n"


def morning(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=2)


@pytest.fixture
def duty(books, cast):
    return actions.assign_duty(
        ledger=books.ledger, department=cast.purchasing, person=cast.department_head,
        source="采购台账", by=cast.finance_reviewer, now=morning("2024-05-20"),
    )  # fmt: skip


def task() -> CollectionTask:
    return CollectionTask.objects.unscoped("a test looks").get()


def test_c01_the_month_before_is_asked_for_by_the_fifth_working_day(duty, cast):
    """1 and 2 June 2024 are a weekend, 10 June is the Dragon Boat day: the fifth is the 7th."""
    actions.keep(now=morning("2024-06-01"))
    actions.keep(now=morning("2024-06-02"))
    found = task()
    assert (found.key, found.due_on, found.state) == ("2024-05", date(2024, 6, 7), TaskState.OPEN)
    waiting = desk(cast.department_head, today=date(2024, 6, 3))
    assert [(item.kind, item.due_on) for group in waiting.groups for item in group.items] == [
        ("data", date(2024, 6, 7))
    ]


def test_what_reaches_the_ledger_closes_the_task(duty, books, cast):
    actions.keep(now=morning("2024-06-03"))
    books.post(HEAD + "2024-04,办公费用,文具,采购部,1\n2024-05,办公费用,文具,销售部,1\n")
    actions.keep(now=morning("2024-06-03"))
    assert task().state == TaskState.OPEN
    books.post(HEAD + "2024-05,办公费用,文具,采购部,1\n2024-05,办公费用,茶,采购部,2\n")
    actions.keep(now=morning("2024-06-04"))
    assert (task().state, task().lines) == (TaskState.DELIVERED, 2)
    assert desk(cast.department_head, today=date(2024, 6, 4)).total == 0


def test_a_department_without_costs_says_so(duty, cast):
    actions.keep(now=morning("2024-06-03"))
    with pytest.raises(NotPermitted):
        actions.report_nothing(task=task(), by=cast.outsider, now=morning("2024-06-04"))
    actions.report_nothing(task=task(), by=cast.department_head, now=morning("2024-06-04"))
    assert task().state == TaskState.NOTHING
    with pytest.raises(actions.WrongState):
        actions.report_nothing(task=task(), by=cast.department_head, now=morning("2024-06-04"))


def test_after_an_outage_each_reminder_goes_out_once(duty, cast):
    """Asked on the 3rd, due on the 7th; nothing ran until the 12th, two working days later."""
    actions.keep(now=morning("2024-06-03"))
    for day in ("2024-06-12", "2024-06-12", "2024-06-13"):
        actions.keep(now=morning(day))
    told = Notice.objects.filter(kind="costs.reminder").order_by("id")
    superior = cast.department_head.superior
    own = [notice for notice in told if notice.to_id == cast.department_head.pk]
    assert len(own) == 3
    assert len(told) == (4 if superior else 3)


def test_only_who_enters_costs_of_a_department_delivers_them(books, cast):
    with pytest.raises(NotPermitted):
        actions.assign_duty(
            ledger=books.ledger, department=cast.sales, person=cast.department_head,
            source="", by=cast.finance_reviewer, now=morning("2024-06-01"),
        )  # fmt: skip


def test_the_page_shows_who_is_late_and_takes_a_report(duty, cast, client_for):
    actions.keep(now=morning("2024-06-03"))
    late = deliveries(cast.department_head, date(2024, 6, 11))
    assert [(one.is_late, one.tone, one.may_report) for one in late] == [(True, "bad", True)]
    client = client_for(cast.department_head)
    shown = client.get(reverse("costs:collection")).content.decode()
    assert "采购台账" in shown
    answer = client.post(reverse("costs:nothing", args=[task().pk]), follow=True)
    assert "无费用" in answer.content.decode()


def test_the_page_and_its_file_say_when_it_was_delivered_and_how_late(duty, cast, client_for):
    """Due on 7 June, reported on the 11th: four days late."""
    actions.keep(now=morning("2024-06-03"))
    actions.report_nothing(task=task(), by=cast.department_head, now=morning("2024-06-11"))
    client = client_for(cast.department_head)
    shown = client.get(reverse("costs:collection")).content.decode()
    assert "2024-06-11" in shown
    assert "迟交 4 天" in shown
    listed = client.get(reverse("costs:collection_file", args=["csv"]))
    labels, row = listed.content.decode("utf-8-sig").splitlines()
    assert labels.split(",")[5:] == ["截止日期", "状态", "提交日期", "迟交天数", "笔数"]
    assert row.split(",")[5:] == ["2024-06-07", "已报无费用", "2024-06-11", "4", "0"]


def test_duties_are_given_and_ended_on_the_page(books, cast, client_for):
    client = client_for(cast.finance_reviewer)
    values = {
        "ledger": books.ledger.pk, "department": cast.purchasing.pk,
        "person": cast.department_head.pk, "source": "",
    }  # fmt: skip
    client.post(reverse("costs:duty"), values)
    shown = client.get(reverse("costs:collection"))
    (duty,) = shown.context["duties"]
    wrong = client.post(reverse("costs:duty"), {**values, "department": cast.sales.pk}, follow=True)
    assert "不能填报" in wrong.content.decode()
    client.post(reverse("costs:duty_end", args=[duty.pk]))
    assert client.get(reverse("costs:collection")).context["duties"] == []
