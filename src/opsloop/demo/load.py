"""Load the demo company into an empty database: all of it, or nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone, translation

from opsloop.analysis.period import Period
from opsloop.datasets.models import Dataset
from opsloop.demo import company, costs, processes, processes_story, records, samples, story
from opsloop.demo.company import bring_in, person
from opsloop.demo.costs_month import CostMonth
from opsloop.org.models import Organisation, Person

OPENING_HOUR: Final = 8


class NotEmpty(RuntimeError):
    """The database already holds a company that is not the demo one; nothing was touched."""


def ensure(now: datetime) -> bool:
    """Load the demo company unless it is there; returns whether it was loaded now.

    Raises `NotEmpty` on a database with people of its own.
    """
    if Organisation.current().is_demo:
        return False
    if Person.objects.exists():
        raise NotEmpty
    with transaction.atomic(), translation.override("zh-hans"):
        load(now)
    return True


def load(now: datetime) -> None:
    """Six months as they went by: exports come in month by month, people react to them."""
    today = timezone.localdate(now)
    months = records.months_before(today)
    founded = opening(months[0])
    company.set_up(founded)
    data = costs.set_up(company.create_datasets(founded), months[-1], founded)
    content = samples.as_csv(records.budget(today))
    name = f"{data['budget'].name}.csv"
    bring_in(data["budget"], file_name=name, content=content, by=person("yunying"), now=founded)
    costs.carry_over(data["ledger"], months[0], founded)
    processes.define(data, founded)
    for index, month in enumerate(months):
        closed = close_month(index, month, data, today=today, now=now)
        story.begin(index, today=today, now=closed)
        processes_story.carry_on(index, today=today, now=closed + timedelta(hours=7))
        if index + 1 < len(months):
            story.finish(index + 1, today=today)


def opening(month: Period) -> datetime:
    """Eight o'clock on the first day of a month, in the organisation's zone."""
    first = datetime(month.start.year, month.start.month, 1)
    return timezone.make_aware(first + timedelta(hours=OPENING_HOUR))


def close_month(
    index: int, month: Period, data: Mapping[str, Dataset], *, today: date, now: datetime
) -> datetime:
    """Bring in the month's exports, let finance review its costs, compute verdicts.

    Nothing happens after `now`; returns when the month was done with.
    """
    opened = min(opening(month.next()), now)
    by = person("yunying")
    for process in ("purchasing", "expense"):
        frame = records.approval_logs(process, today)[month.key]
        name = f"{data[process].name} {month.key}.csv"
        bring_in(data[process], file_name=name, content=samples.as_csv(frame), by=by, now=opened)
    processes_story.begin(index, today=today, now=min(opened + timedelta(hours=1), now))
    closed = CostMonth(index, month, data, opened, now).close()
    if index == 0:
        processes.complete(closed)
    processes.look_for_deviations(month, closed + timedelta(minutes=45))
    story.conclude(now=closed + timedelta(hours=1))
    return closed
