"""The raw records a company's OA and finance systems would have exported: always the same ones.

Each approval step is a desk with its own timetable and a queue, so that waiting has causes that an
analysis can find again: a director who only signs on Tuesdays and Fridays, a finance desk with more
work than hours, a purchasing step that waits for quotes. Figures follow from a fixed seed; the
dates follow from the month that the demo starts in.
"""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from opsloop.analysis.period import Period
from opsloop.analysis.worktime import Calendar, add_working_time, is_workday
from opsloop.org.published import published_calendar

MONTHS: Final = 6
SEED: Final = 20240601
TUESDAY, FRIDAY = 1, 4
SIGNING_HOURS: Final = ((14 * 60, 15 * 60 + 30),)


@cache
def company() -> dict[str, Any]:
    """Names, people, steps and cost lines of the demo company."""
    path = Path(__file__).with_name("company.json")
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held


@dataclass(frozen=True)
class Desk:
    """Who does a step: people who take turns, their timetable, minutes a case (median, spread)."""

    step: str
    people: tuple[str, ...]
    calendar: Calendar
    minutes: float
    spread: float = 0.4
    waits_days: float = 0.0  # for something from outside, such as quotes
    returns: tuple[float, ...] = (0.0,) * MONTHS  # share sent back, by month of the decision
    same_as: str = ""  # the step whose hands do this one too


@dataclass(frozen=True)
class Trial:
    """A pilot: from its first day on, the unit's new requests go the new way."""

    people: frozenset[str]
    first: datetime
    skipped: Mapping[str, float]  # step → amount in yuan below which it is left out
    pace: Mapping[str, float]  # step → share of the usual minutes

    def covers(self, person: str, submitted: datetime) -> bool:
        return person in self.people and submitted >= self.first


@dataclass(frozen=True)
class Event:
    """One finished step of one case."""

    case: int
    desk: Desk
    person: str
    start: datetime
    end: datetime
    returned: bool


def months_before(today: date) -> list[Period]:
    """The six full months before the month of `today`, oldest first."""
    current = Period.containing("month", today)
    return [current.shift(index - MONTHS) for index in range(MONTHS)]


def signing_days(base: Calendar) -> Calendar:
    """A timetable of Tuesday and Friday afternoons, on days that are workdays anyway."""
    weekly = tuple(SIGNING_HOURS if day in (TUESDAY, FRIDAY) else () for day in range(7))
    exceptions = {day: () for day, sessions in base.exceptions.items() if not sessions}
    return Calendar(weekly=weekly, exceptions=exceptions, published_years=base.published_years)


def people_of(department: str) -> tuple[str, ...]:
    return tuple(row["name"] for row in company()["people"] if row["department"] == department)


def person_at(username: str) -> str:
    return next(str(row["name"]) for row in company()["people"] if row["username"] == username)


def purchasing_desks() -> list[Desk]:
    """Purchase requests; returns fall from 15 % to 3 % after the third month."""
    base = published_calendar()
    often = company()["processes"]["purchasing"]["asks_often"]
    everyone = tuple(
        row["name"]
        for row in company()["people"][12:24]
        for _time in range(often.get(row["username"], 1))
    )
    heads = tuple(person_at(name) for name in ("shengchan", "yanfa", "xiaoshou", "xingzheng"))
    fell = (0.075, 0.08, 0.075, 0.011, 0.011, 0.01)
    return [
        Desk("submit", everyone, base, 25),
        Desk("department", heads, base, 12, waits_days=0.35, returns=fell),
        Desk("purchasing", people_of("HY-CG")[1:], base, 35, waits_days=0.8),
        Desk("finance", (person_at("chuna"),), base, 37, spread=0.5, returns=fell),
        Desk("director", (person_at("zongjingli"),), signing_days(base), 2),
        Desk("register", people_of("HY-CG")[1:], base, 1.2),
        Desk("order", people_of("HY-CG")[1:], base, 20, same_as="register"),
        Desk("receive", (person_at("chejian1"), person_at("chejian2")), base, 30, waits_days=0.8),
    ]


def expense_desks() -> list[Desk]:
    base = published_calendar()
    everyone = tuple(row["name"] for row in company()["people"][9:24])
    heads = tuple(person_at(name) for name in ("shengchan", "yanfa", "xiaoshou", "xingzheng"))
    return [
        Desk("submit", everyone, base, 15),
        Desk("department", heads, base, 5, waits_days=0.3, returns=(0.02,) * MONTHS),
        Desk("review", (person_at("kuaiji"),), base, 14, returns=(0.04,) * MONTHS),
        Desk("finance", (person_at("caiwu"),), base, 6),
        Desk("pay", (person_at("chuna"),), base, 4, waits_days=0.6),
    ]


def arrivals(
    periods: list[Period], a_day: float, random: np.random.Generator
) -> Iterator[datetime]:
    """Requests made during office hours of working days."""
    base = published_calendar()
    for period in periods:
        day = period.start
        while day < period.end:
            if is_workday(base, day):
                for minute in np.sort(random.integers(9 * 60, 17 * 60, random.poisson(a_day))):
                    yield datetime(day.year, day.month, day.day) + timedelta(minutes=int(minute))
            day += timedelta(days=1)


def pilot_starts_on(month: Period) -> date:
    """The first Monday of a month that leaves a day to tell the unit."""
    second = month.start + timedelta(days=1)
    return second + timedelta(days=-second.weekday() % 7)


def trials(process: str, periods: Sequence[Period]) -> list[Trial]:
    """The pilots of a process as the story tells them."""
    names = {row["code"]: row["name"] for row in company()["departments"]}
    told = company()["processes"][process].get("pilots", [])
    return [
        Trial(
            frozenset(
                one["name"] for one in company()["people"] if names[one["department"]] == row["unit"]
            ),
            datetime.combine(pilot_starts_on(periods[row["month"]]), datetime.min.time()),
            row["skipped"], row["pace"],
        )
        for row in told
    ]  # fmt: skip


def simulate(
    desks: list[Desk], periods: list[Period], a_day: float, seed: int, trials: Sequence[Trial] = ()
) -> list[Event]:
    """Run every case through its desks, first come first served; events in order of their end."""
    random = np.random.default_rng(seed)
    free: dict[tuple[str, str], datetime] = {}
    hands: dict[tuple[int, str], str] = {}
    submitted = list(arrivals(periods, a_day, random))
    amounts = requested(len(submitted))
    # (ready, case, step, whether the outside has answered)
    waiting = [(moment, case, 0, False) for case, moment in enumerate(submitted)]
    month_of = {period.start: index for index, period in enumerate(periods)}
    events = []
    while waiting:
        ready, case, at, answered = heapq.heappop(waiting)
        desk = desks[at]
        if desk.waits_days and not answered:
            answer = ready + timedelta(days=float(random.gamma(2, desk.waits_days / 2)))
            heapq.heappush(waiting, (answer, case, at, True))
            continue
        # A returned request goes back to whoever made it.
        known = desk.same_as or (desk.step if not at else "")
        person = hands.get((case, known)) or next_person(desk, free, random, queues=at > 0)
        hands[case, desk.step] = person
        earliest = max(ready, free.get((desk.step, person), ready))
        # The first open second at or after `earliest`.
        start = add_working_time(desk.calendar, earliest, 1) - timedelta(seconds=1)
        trial = next(
            (one for one in trials if one.covers(hands[case, "submit"], submitted[case])), None
        )
        minutes = desk.minutes * (trial.pace.get(desk.step, 1.0) if trial else 1.0)
        seconds = max(60, int(random.lognormal(np.log(minutes * 60), desk.spread)))
        end = add_working_time(desk.calendar, start, seconds)
        if at:
            free[desk.step, person] = end
        month = month_of.get(end.date().replace(day=1), MONTHS - 1)
        returned = bool(random.random() < desk.returns[month])
        events.append(Event(case, desk, person, start, end, returned))
        following = 0 if returned else at + 1
        while (
            trial
            and following < len(desks)
            and amounts[case] < trial.skipped.get(desks[following].step, 0.0)
        ):
            following += 1
        if following < len(desks):
            heapq.heappush(waiting, (end, case, following, False))
    return sorted(events, key=lambda event: (event.end, event.case))


def next_person(
    desk: Desk, free: dict[tuple[str, str], datetime], random: np.random.Generator, *, queues: bool
) -> str:
    """Whoever is free first; the first step is done by whoever asks."""
    if not queues:
        return desk.people[int(random.integers(len(desk.people)))]
    return min(desk.people, key=lambda name: free.get((desk.step, name), datetime.min))


def requested(cases: int) -> Sequence[float]:
    """Yuan asked for, case by case; more cases leave the first ones as they are."""
    amounts: list[float] = np.random.default_rng(SEED).lognormal(9.3, 1.0, cases).round(-1).tolist()
    return amounts


@cache
def approval_logs(process: str, today: date) -> dict[str, pl.DataFrame]:
    """One export a month, by the month a step was finished: `{"2026-05": text columns}`."""
    spec = company()["processes"][process]
    periods = months_before(today)
    desks, a_day = (purchasing_desks(), 9.5) if process == "purchasing" else (expense_desks(), 7.0)
    events = simulate(desks, periods, a_day, SEED + len(process), trials(process, periods))
    amounts = requested(max(event.case for event in events) + 1)
    departments = {row["name"]: row["department"] for row in company()["people"]}
    names = {row["code"]: row["name"] for row in company()["departments"]}
    prefix = {"purchasing": "CG", "expense": "BX"}[process]
    rows = [
        (
            f"{prefix}{periods[0].start:%Y}-{event.case + 1:05d}",
            spec["name"],
            spec["steps"][event.desk.step],
            event.person,
            names[departments[event.person]],
            f"{event.start:%Y-%m-%d %H:%M:%S}",
            f"{event.end:%Y-%m-%d %H:%M:%S}",
            spec["outcomes"]["returned" if event.returned else "approved"]
            if event.desk.step != "submit"
            else "",
            f"{amounts[event.case]:,.2f}",
        )
        for event in events
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(spec["headers"], pl.String), orient="row")
    ended = pl.col(spec["headers"][6]).str.slice(0, 7)
    return {period.key: frame.filter(ended == period.key) for period in periods}


def ledgers(today: date) -> dict[str, pl.DataFrame]:
    """One ledger export a month: documents of each cost line, with quantity and unit price."""
    costs = company()["costs"]
    random = np.random.default_rng(SEED)
    return {
        period.key: pl.DataFrame(
            list(ledger_rows(costs, period, index, random)),
            schema=dict.fromkeys(costs["ledger_headers"], pl.String), orient="row",
        )
        for index, period in enumerate(months_before(today))
    }  # fmt: skip


def ledger_rows(
    costs: dict[str, Any], period: Period, index: int, random: np.random.Generator
) -> Iterator[tuple[str, ...]]:
    number = 0
    for line in costs["lines"]:
        count = line["documents"]
        steady = 1 + random.normal(0, 0.012)
        quantity = line["quantity"] * line["planted"]["quantity"][index] * steady
        price = line["price"] * line["planted"]["price"][index]
        shares = random.dirichlet(np.full(count, 6.0)) * quantity
        for share in shares:
            number += 1
            paid = price * (1 + random.normal(0, 0.004)) if line["supplied"] else price
            day = period.start + timedelta(
                days=int(random.integers(0, (period.end - period.start).days))
            )
            supplier = costs["suppliers"][int(random.integers(5))] if line["supplied"] else ""
            bought, unit = round(share, 2), round(paid, 4)
            # What is not counted in pieces has an amount only.
            written = (
                ("", "", f"{paid * share:.2f}") if line["quantity"] == 1
                else (f"{bought:.2f}", f"{unit:.4f}", f"{bought * unit:.2f}")
            )  # fmt: skip
            yield (
                period.key, f"{day:%Y-%m-%d}", f"{period.start:%Y%m}-{number:04d}", line["category"],
                line["item"], line["department"], supplier, *written,
                costs["summary"].format(item=line["item"], month=period.start.month),
            )  # fmt: skip
    extra = costs["unbudgeted"]
    if index == MONTHS - 1:
        yield (
            period.key, f"{period.start:%Y-%m-%d}", f"{period.start:%Y%m}-{number + 1:04d}",
            extra["category"], extra["item"], extra["department"], "", "", "",
            f"{extra['amount']:.2f}", extra["item"],
        )  # fmt: skip


def budget(today: date) -> pl.DataFrame:
    """The budget of the six months and the two that follow."""
    costs = company()["costs"]
    periods = months_before(today)
    rows = [
        (
            period.key, line["category"], line["item"], line["department"],
            *((f"{line['quantity']}", f"{line['price']}") if line["quantity"] != 1 else ("", "")),
            f"{line['quantity'] * line['price']:.2f}",
        )
        for period in [*periods, periods[-1].shift(1), periods[-1].shift(2)]
        for line in costs["lines"]
    ]  # fmt: skip
    return pl.DataFrame(
        rows, schema=dict.fromkeys(costs["budget_headers"], pl.String), orient="row"
    )
