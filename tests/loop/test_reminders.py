"""L-10 and acceptance 9: every reminder once, however long the schedule was down."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from opsloop.loop import actions
from opsloop.loop.models import Reminder
from opsloop.loop.reminders import send_due
from opsloop.notify.models import Notice


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)


def _sent() -> list[tuple[int, str]]:
    return [(one.offset, one.to.name) for one in Reminder.objects.order_by("id")]


@pytest.fixture
def measure(story):
    """Due on Friday 28 June 2024; the employee's superior is the head of purchasing."""
    return story.approved()


def test_each_working_day_brings_its_reminder(measure):
    expected = {
        date(2024, 6, 24): 0, date(2024, 6, 25): 1, date(2024, 6, 26): 0, date(2024, 6, 27): 1,
        date(2024, 6, 28): 1, date(2024, 6, 29): 0, date(2024, 6, 30): 0, date(2024, 7, 1): 1,
        date(2024, 7, 2): 1, date(2024, 7, 3): 0,
    }  # fmt: skip
    assert {day: send_due(now=_at(day)) for day in expected} == expected
    assert _sent() == [
        (-3, "孙专员"), (-1, "孙专员"), (0, "孙专员"), (1, "孙专员"), (2, "赵主管"),
    ]  # fmt: skip


def test_after_a_two_day_outage_each_goes_out_exactly_once(measure):
    send_due(now=_at(date(2024, 6, 26)))
    # Down on the 27th and 28th; back on the 29th, asked twice.
    assert send_due(now=_at(date(2024, 6, 29))) == 2
    assert send_due(now=_at(date(2024, 6, 29))) == 0
    assert [offset for offset, _ in _sent()] == [-3, -1, 0]
    assert Notice.objects.filter(kind="loop.reminder").count() == 3


def test_a_reminder_of_a_day_before_the_approval_is_not_sent(story):
    story.at(date(2024, 6, 27))
    story.approved(start_on=date(2024, 6, 27))
    send_due(now=_at(date(2024, 6, 28)))
    assert [offset for offset, _ in _sent()] == [-1, 0]


def test_finished_work_reminds_nobody(story, measure):
    actions.finish_countermeasure(measure, by=story.cast.employee, now=story.now)
    assert send_due(now=_at(date(2024, 7, 10))) == 0


def test_a_due_day_that_moved_reminds_anew(story, measure):
    send_due(now=_at(date(2024, 6, 25)))
    actions.edit_countermeasure(
        measure, terms=story.terms(measure.deviation, promised_on=date(2024, 7, 5)),
        expected_version=measure.version, reason="延期", by=story.cast.department_head,
        now=story.now,
    )  # fmt: skip
    assert send_due(now=_at(date(2024, 7, 2))) == 1


def test_two_duties_of_one_department_share_its_calendar(story, measure):
    story.approved(measure.deviation, what="培训申请人")
    assert send_due(now=_at(date(2024, 6, 25))) == 2


def test_without_a_superior_nobody_is_escalated_to(story, measure):
    story.cast.employee.superior = None
    story.cast.employee.save()
    send_due(now=_at(date(2024, 7, 2)))
    assert 2 not in [offset for offset, _ in _sent()]


def test_promised_support_is_reminded_of_and_given_support_is_not(story, measure):
    cast = story.cast
    asked = actions.ask_support(
        measure, department=cast.sales, person=cast.outsider, what="报价单模板",
        amount=Decimal(1), unit="份", due_on=date(2024, 6, 14), by=cast.employee, now=story.now,
    )  # fmt: skip
    assert send_due(now=_at(date(2024, 6, 14))) == 0  # asked is not promised
    promised = actions.promise_support(asked, by=cast.outsider, now=story.now)
    assert send_due(now=_at(date(2024, 6, 14))) == 3
    actions.give_support(promised, by=cast.outsider, now=story.now)
    assert send_due(now=_at(date(2024, 6, 17))) == 0
