"""A month of costs as it goes by: collected, explained, reviewed, locked, and once restated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Final

import polars as pl
from django.utils import timezone

from opsloop.analysis.period import Period
from opsloop.costs import actions, collecting, queries
from opsloop.costs.keys import LineKey
from opsloop.datasets.models import Dataset
from opsloop.demo import costs, records, samples
from opsloop.demo.company import bring_in, department, person

NEWEST: Final = records.MONTHS - 1
_MORNING: Final = timedelta(hours=9)
# Where the columns of a ledger export stand.
_ITEM, _DEPARTMENT, _QUANTITY, _AMOUNT = 4, 5, 7, 9


@dataclass(frozen=True)
class CostMonth:
    """One month's books: what happens to them, in the days that follow the month.

    `opened` is the morning of the first day after it, `now` the end of what has happened so far.
    """

    index: int
    month: Period
    data: Mapping[str, Dataset]
    opened: datetime
    now: datetime

    def close(self) -> datetime:
        """Everything up to `now`, in order; returns when the month's books were done with."""
        last = self.opened
        for moment, act in self._events():
            if moment > self.now:
                break
            act(moment)
            last = moment
        return last

    def _events(self) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """The first day opens the tasks and with them their due day, which sets all the others."""
        self._open(self.opened)
        claims = self._workday(costs.told()["claims"]["days_from_due"][self.index])
        events = [(claims, self._bring_claims), (self._workday(1), self._explain)]
        if self.index < NEWEST:
            events += [
                (self._workday(2), self._report_nothing), (self._workday(5), self._review),
                (self._workday(5) + timedelta(hours=8), self._lock),
            ]  # fmt: skip
        else:
            events.append((self._workday(1), self._note_commitments))
        if self.index == costs.told()["restated"]["arrives"]:
            events.append((self._workday(6), self._restate))
        if self.index == costs.told()["forecast"]["revision"]["month"]:
            revise = partial(costs.revise_the_year, self.data["forecast"])
            events.append((self._workday(6), revise))
        return sorted(events, key=lambda event: event[0])

    def _workday(self, after_due: int) -> datetime:
        """So many days after the delivery is due (before it when negative), never before opening."""
        day = datetime.combine(self._due_on, datetime.min.time()) + timedelta(days=after_due)
        return max(timezone.make_aware(day) + _MORNING, self.opened + timedelta(hours=1))

    @cached_property
    def _due_on(self) -> date:
        first: date = min(task.due_on for task in self._tasks())
        return first

    def _tasks(self) -> list[Any]:
        """What the departments deliver for this month."""
        known = collecting.deliveries(person("caiwu"), timezone.localdate(self.now))
        return [one.task for one in known if one.task.period_no == self.number]

    @property
    def number(self) -> int:
        return costs.number_of(self.month)

    @cached_property
    def ledger(self) -> pl.DataFrame:
        """The month's export, as text columns."""
        return records.ledgers(timezone.localdate(self.now))[self.month.key]

    def period(self, number: int | None = None) -> Any:
        """The month as it stands, or another one of the same ledger."""
        months = queries.periods(person("caiwu")).filter(ledger=self.data["ledger"])
        return months.get(period_no=number or self.number)

    def _open(self, now: datetime) -> None:
        """Tasks open; what the finance system holds comes in, the expense claims follow later."""
        actions.keep(now=now)
        self._bring("", self.ledger.filter(~self._claimed), now)
        told = costs.told()["activity"]
        by = person("caiwu")
        activity = next(one for one in queries.activities(by) if one.name == told["name"])
        actions.report_activity(
            activity=activity, period_no=self.number, planned=Decimal(told["planned"]),
            actual=Decimal(told["actual"][self.index]), by=by, now=now,
        )  # fmt: skip
        actions.define_period(
            period_no=self.number, ledger=self.data["ledger"], budget=self.data["budget"],
            forecast=self.data["forecast"], commitments=self.data["commitments"], by=by, now=now,
        )  # fmt: skip
        actions.keep(now=now + timedelta(minutes=10))

    @property
    def _claimed(self) -> pl.Expr:
        department: str = costs.told()["claims"]["department"]
        return pl.col(_header(_DEPARTMENT)).eq(department)

    def _bring(self, part: str, frame: pl.DataFrame, now: datetime) -> None:
        name = " ".join(filter(None, (self.data["ledger"].name, self.month.key, part)))
        bring_in(
            self.data["ledger"], file_name=f"{name}.csv", content=samples.as_csv(frame),
            by=person("yunying"), now=now,
        )  # fmt: skip

    def _bring_claims(self, now: datetime) -> None:
        self._bring(costs.told()["claims"]["name"], self.ledger.filter(self._claimed), now)
        actions.keep(now=now)

    def _report_nothing(self, now: datetime) -> None:
        """Who had no costs says so; until then the task stays open and is reminded of."""
        for task in self._tasks():
            if task.state == "open":
                actions.report_nothing(task=task, by=task.duty.person, now=now)

    def _explain(self, now: datetime) -> None:
        """Departments report their drivers and write why their lines deviate."""
        self._report_drivers(now)
        period = self.period()
        for note in costs.told()["notes"]:
            if note["month"] == self.index:
                key = LineKey(*note["line"])
                actions.write_note(
                    period=period, line=key, reason=note["reason"],
                    controllable=note["controllable"], lasting=note["lasting"],
                    department=queries.department_of(period, key), by=person(note["by"]), now=now,
                )  # fmt: skip
        if self.index == NEWEST:
            for line in costs.told()["forecast"]["compared"]:
                actions.compare_with(
                    period=period, line=LineKey(*line), kind="forecast", by=person("caiwu"), now=now
                )

    def _report_drivers(self, now: datetime) -> None:
        """Loss and wage rates as production reports them, beside what the ledger says was paid."""
        for told in costs.told()["reported"]:
            key = LineKey(*told["line"])
            rows = self.ledger.filter(pl.col(_header(_ITEM)) == key.item)
            amount, quantity = (
                sum(map(Decimal, rows[_header(at)].to_list()), Decimal(0))
                for at in (_AMOUNT, _QUANTITY)
            )
            actual = {"price": round(amount / quantity, 4), **_reported(told, amount, quantity)}
            for driver, planned in told["planned"].items():
                actions.report_driver(
                    key=key, driver=driver, period_no=self.number, planned=Decimal(planned),
                    actual=actual[driver], department=department(told["department"]),
                    by=person(told["by"]), now=now,
                )  # fmt: skip

    def _note_commitments(self, now: datetime) -> None:
        """Orders of the newest month that no invoice has come for."""
        headers = _headers()
        rows = [
            (
                self.month.key, f"{self.month.end - timedelta(days=4):%Y-%m-%d}", order, *line,
                supplier, "", "", amount, text,
            )
            for order, line, supplier, amount, text in costs.told()["commitments"]["orders"]
        ]  # fmt: skip
        frame = pl.DataFrame(rows, schema=dict.fromkeys(headers, pl.String), orient="row")
        dataset = self.data["commitments"]
        bring_in(
            dataset, file_name=f"{dataset.name} {self.month.key}.csv",
            content=samples.as_csv(frame), by=person("yunying"), now=now,
        )  # fmt: skip

    def _review(self, now: datetime) -> None:
        actions.review(period=self.period(), by=person("caiwu"), now=now)

    def _lock(self, now: datetime) -> None:
        actions.lock(period=self.period(), by=person("caiwu"), now=now)

    def _restate(self, now: datetime) -> None:
        """An invoice of a locked month came late: finance takes it in, the old totals are kept."""
        told = costs.told()["restated"]
        late = self.month.shift(told["month"] - self.index)
        row = (late.key, f"{late.end - timedelta(days=1):%Y-%m-%d}", *told["posting"])
        headers = _headers()
        frame = pl.DataFrame([row], schema=dict.fromkeys(headers, pl.String), orient="row")
        bring_in(
            self.data["ledger"], file_name=f"{self.data['ledger'].name} {late.key} {told['name']}.csv",
            content=samples.as_csv(frame), by=person("yunying"), now=now,
        )  # fmt: skip
        actions.restate(
            period=self.period(costs.number_of(late)), comment=told["comment"],
            by=person("caiwu"), now=now,
        )  # fmt: skip


def _reported(told: Mapping[str, Any], amount: Decimal, quantity: Decimal) -> dict[str, Decimal]:
    """What production wrote down: output and net usage, or hours and what an hour cost."""
    fixed = {name: Decimal(value) for name, value in told["actual"].items()}
    if "output" in fixed:
        loss = quantity / (fixed["output"] * fixed["usage"]) - 1
        return {**fixed, "loss_rate": round(loss * 100, 4)}
    return {**fixed, "hours": round(amount / fixed["wage_rate"], 1)}


def _headers() -> list[str]:
    found: list[str] = records.company()["costs"]["ledger_headers"]
    return found


def _header(at: int) -> str:
    return _headers()[at]
