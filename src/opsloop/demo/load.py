"""Load the demo company into an empty database: all of it, or nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone, translation

from opsloop.analysis.period import Period
from opsloop.costs import actions as costs
from opsloop.datasets.models import Dataset
from opsloop.demo import company, processes, records, samples, story
from opsloop.demo import costs as cost_words
from opsloop.demo.company import bring_in, person
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
    data = company.create_datasets(founded)
    cost_words.set_up(data["ledger"], founded)
    content = samples.as_csv(records.budget(today))
    name = f"{data['budget'].name}.csv"
    bring_in(data["budget"], file_name=name, content=content, by=person("yunying"), now=founded)
    processes.define(data, founded)
    for index, month in enumerate(months):
        moment = min(opening(month.next()), now)
        close_month(index, month, data, today=today, now=moment)
        story.begin(index, today=today, now=moment)
        if index + 1 < len(months):
            story.finish(index + 1, today=today)


def opening(month: Period) -> datetime:
    """Eight o'clock on the first day of a month, in the organisation's zone."""
    first = datetime(month.start.year, month.start.month, 1)
    return timezone.make_aware(first + timedelta(hours=OPENING_HOUR))


def close_month(
    index: int, month: Period, data: Mapping[str, Dataset], *, today: date, now: datetime
) -> None:
    """Bring in the month's exports, let finance review its costs, compute verdicts."""
    by = person("yunying")
    for process in ("purchasing", "expense"):
        frame = records.approval_logs(process, today)[month.key]
        name = f"{data[process].name} {month.key}.csv"
        bring_in(data[process], file_name=name, content=samples.as_csv(frame), by=by, now=now)
    ledger = samples.as_csv(records.ledgers(today)[month.key])
    name = f"{data['ledger'].name} {month.key}.csv"
    bring_in(data["ledger"], file_name=name, content=ledger, by=by, now=now)
    cost_words.report(index, month, now)
    period = costs.define_period(
        period_no=int(month.key.replace("-", "")), ledger=data["ledger"], budget=data["budget"],
        by=person("caiwu"), now=now,
    )  # fmt: skip
    if index < records.MONTHS - 1:  # the newest month still waits for finance
        costs.review(period=period, by=person("caiwu"), now=now + timedelta(minutes=30))
        costs.lock(period=period, by=person("caiwu"), now=now + timedelta(minutes=40))
    if index == 0:
        processes.complete(now)
    processes.look_for_deviations(now + timedelta(minutes=45))
    story.conclude(now=now + timedelta(hours=1))
