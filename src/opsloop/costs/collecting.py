"""What is to be delivered: the page of the tasks, and what the desk says of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext

from opsloop.costs.actions.collecting import link_of
from opsloop.costs.models import CollectionDuty, CollectionTask, TaskState
from opsloop.loop.queries.desk import Item
from opsloop.org.models import Person
from opsloop.org.permissions import Permission


@dataclass(frozen=True)
class Delivery:
    """One task as the page shows it."""

    task: CollectionTask
    is_late: bool
    may_report: bool
    url: str

    @property
    def state(self) -> str:
        return gettext("Overdue") if self.is_late else self.task.get_state_display()

    @property
    def days_late(self) -> int:
        """Calendar days from the day it was due to the day it was done; 0 while open or in time."""
        done = self.task.done_at
        return 0 if done is None else max((localdate(done) - self.task.due_on).days, 0)

    @property
    def tone(self) -> str:
        if self.task.state != TaskState.OPEN:
            return "good" if self.task.state == TaskState.DELIVERED else "neutral"
        return "bad" if self.is_late else "warn"


def deliveries(person: Person, today: date) -> list[Delivery]:
    """The tasks of the newest months this person sees, newest first."""
    rows = CollectionTask.objects.visible_to(person).select_related(
        "duty__department", "duty__person", "duty__ledger"
    )
    return [
        Delivery(
            task, task.state == TaskState.OPEN and task.due_on < today,
            task.state == TaskState.OPEN and _may_deliver(task, person), link_of(task),
        )
        for task in rows[:100]
    ]  # fmt: skip


def as_table(found: Iterable[Delivery]) -> tuple[list[str], list[list[Any]]]:
    """Labels and rows of the tasks, as the page lists them."""
    labels = [
        gettext("Month"), gettext("Department"), gettext("Ledger"), gettext("Comes from"),
        gettext("Delivered by"), gettext("Due"), gettext("State"), gettext("Delivered on"),
        gettext("Days late"), gettext("Postings"),
    ]  # fmt: skip
    rows = [_cells(one) for one in found]
    return labels, rows


def _cells(one: Delivery) -> list[Any]:
    task, duty = one.task, one.task.duty
    return [
        task.key, str(duty.department), duty.ledger.name, duty.source, str(duty.person),
        task.due_on, one.state, localdate(task.done_at) if task.done_at else None,
        one.days_late, task.lines,
    ]  # fmt: skip


def _may_deliver(task: CollectionTask, person: Person) -> bool:
    duty = task.duty
    return person.pk == duty.person_id or person.may(Permission.COST_EDIT, duty.department)


def duties(person: Person) -> Sequence[CollectionDuty]:
    """Who delivers what, as far as this person sees it."""
    rows = CollectionDuty.objects.visible_to(person)
    return list(rows.select_related("ledger", "department", "person"))


def desk_items(person: Person) -> Iterator[Item]:
    """What this person has to deliver, for their desk."""
    rows = CollectionTask.objects.visible_to(person).filter(
        state=TaskState.OPEN, duty__person=person
    )
    for task in rows.select_related("duty__ledger", "duty__department").order_by("due_on"):
        text = gettext("Deliver the costs of %(month)s") % {"month": task.key}
        yield Item("data", text, str(task.duty), "", task.due_on, link_of(task), 0)
