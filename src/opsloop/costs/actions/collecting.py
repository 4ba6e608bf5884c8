"""Collecting the costs of a month: who delivers, by when, and what became of it (C-01)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.analysis.worktime import add_workdays
from opsloop.audit.actions import record
from opsloop.costs import figures
from opsloop.costs.actions.months import WrongKind, WrongState
from opsloop.costs.models import CollectionDuty, CollectionTask, CostSettings, TaskState
from opsloop.costs.source import source
from opsloop.datasets.models import Dataset, Kind
from opsloop.notify.actions import post
from opsloop.org.models import Department, Person
from opsloop.org.permissions import NotPermitted, Permission, require
from opsloop.org.queries import calendar_for

ESCALATION: Final = 2
REMINDERS: Final[dict[int, Promise]] = {
    -1: _("Costs are due on the next working day"),
    0: _("Costs are due today"),
    1: _("Costs are one working day late"),
    ESCALATION: _("Costs are two working days late: your report needs you"),
}


@transaction.atomic
def assign_duty(
    *, ledger: Dataset, department: Department, person: Person, source: str,
    by: Person | None, now: datetime,
) -> CollectionDuty:  # fmt: skip
    """Let a department deliver to a ledger every month, through one person who may import there.

    Raises WrongKind, NotPermitted.
    """
    require(by, Permission.COST_REVIEW, ledger.department)
    if ledger.kind != Kind.LEDGER:
        raise WrongKind
    if not person.may(Permission.COST_EDIT, department):
        raise NotPermitted(f"{person.username} does not edit costs of {department.name}")
    duties = CollectionDuty.objects.unscoped("one duty a department")
    duty, _new = duties.update_or_create(
        ledger=ledger, department=department, defaults={"person": person, "source": source}
    )
    changes = {"person": [None, person.name], "source": [None, source]}
    record(
        by=by, now=now, action="costs.duty", subject=duty, department=department, changes=changes
    )
    return duty


@transaction.atomic
def end_duty(*, duty: CollectionDuty, by: Person | None, now: datetime) -> None:
    """Nobody delivers this any more; its tasks go with it, the audit trail keeps them."""
    require(by, Permission.COST_REVIEW, duty.ledger.department)
    record(
        by=by, now=now, action="costs.duty_end", subject=duty, department=duty.department,
        changes={"person": [duty.person.name, None]},
    )  # fmt: skip
    duty.delete()


@transaction.atomic
def report_nothing(*, task: CollectionTask, by: Person | None, now: datetime) -> CollectionTask:
    """The department had no costs in the month. Raises WrongState, NotPermitted."""
    duty = task.duty
    if by is not None and by.pk != duty.person_id:
        require(by, Permission.COST_EDIT, duty.department)
    if task.state != TaskState.OPEN:
        raise WrongState(task.state)
    return _finish(task, TaskState.NOTHING, 0, by, now)


def keep(*, now: datetime) -> int:
    """The schedule's own: open the tasks of last month, close what was delivered, remind.

    Whatever the schedule missed is done once when it returns; returns how many things it did.
    """
    return _open_tasks(now) + _close_delivered(now) + _remind(now)


@transaction.atomic
def _open_tasks(now: datetime) -> int:
    today = timezone.localdate(now)
    month = Period.containing("month", today).previous()
    number = month.start.year * 100 + month.start.month
    duties = CollectionDuty.objects.unscoped("the schedule serves the whole company")
    missing = duties.exclude(tasks__period_no=number).select_related("department", "person")
    workdays = CostSettings.current().collect_workdays
    opened = 0
    for duty in missing:
        # The day before the first one of the new month, so that this one counts when worked.
        eve = month.end - timedelta(days=1)
        due_on = add_workdays(calendar_for(department=duty.department), eve, workdays)
        task = CollectionTask.objects.create(
            duty=duty, period_no=number, due_on=due_on, created_at=now
        )
        post(
            to=duty.person, kind="costs.collection", body=str(duty),
            subject=_("Deliver the costs of %(month)s by %(day)s")
            % {"month": task.key, "day": due_on},
            link=link_of(task), idempotency_key=f"costs.collection:{task.pk}", now=now,
        )  # fmt: skip
        record(
            by=None, now=now, action="costs.task", subject=task, department=duty.department,
            changes={"due_on": [None, due_on]},
        )  # fmt: skip
        opened += 1
    return opened


def link_of(task: CollectionTask) -> str:
    """The page where a task is done: the import into its ledger."""
    return f"{reverse('datasets:upload')}?dataset={task.duty.ledger_id}"


def _waiting() -> Iterator[CollectionTask]:
    rows = CollectionTask.objects.unscoped("the schedule serves the whole company")
    yield from rows.filter(state=TaskState.OPEN).select_related(
        "duty__ledger", "duty__department", "duty__person__superior"
    )


def _close_delivered(now: datetime) -> int:
    """A task is done as soon as its ledger holds postings of the department in the month."""
    closed = 0
    for task in _waiting():
        department = task.duty.department
        posted = figures.postings_by_department(source(task.duty.ledger), task.period_no)
        lines = posted.get(department.name, 0) + posted.get(department.code, 0)
        if lines:
            _finish(task, TaskState.DELIVERED, lines, None, now)
            closed += 1
    return closed


@transaction.atomic
def _finish(
    task: CollectionTask, state: TaskState, lines: int, by: Person | None, now: datetime
) -> CollectionTask:
    task.state, task.lines, task.done_by, task.done_at = state, lines, by, now
    task.save()
    record(
        by=by, now=now, action="costs.task_done", subject=task,
        department=task.duty.department, changes={"state": ["open", str(state)]},
    )  # fmt: skip
    return task


def _remind(now: datetime) -> int:
    today = timezone.localdate(now)
    sent = 0
    for task in _waiting():
        duty = task.duty
        calendar = calendar_for(department=duty.department)
        for offset, subject in REMINDERS.items():
            to = duty.person.superior if offset == ESCALATION else duty.person
            day = add_workdays(calendar, task.due_on, offset)
            if to is not None and _first_day(task) <= day <= today:
                sent += _post_once(task, to, subject, f"{task.due_on}:{offset:+d}", now)
    return sent


def _first_day(task: CollectionTask) -> date:
    return timezone.localdate(task.created_at)


@transaction.atomic
def _post_once(task: CollectionTask, to: Person, subject: Promise, key: str, now: datetime) -> int:
    notice = post(
        to=to, kind="costs.reminder", subject=subject, body=f"{task.duty} {task.key}",
        link=link_of(task), idempotency_key=f"costs.reminder:{task.pk}:{key}", now=now,
    )  # fmt: skip
    return int(notice.posted_at == now)
