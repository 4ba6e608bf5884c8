"""What if? A discrete-event simulation of a process, validated against its own log.

Cases arrive at resampled intervals inside the arrival hours, take a path step by step, are delayed,
queue at desks first come first served, and are worked on in the hours of the desk. Where nothing
better is known a choice is made by what repeats the log: whether delays pass on the clock or while
the step is worked on, and whether work goes to the person drawn or to whoever is free first.

A model that does not reproduce the median and the P90 of its own log within 15 % says so, and
nothing may be concluded from it. How a model of the first 70 % of the cases tells the others is
reported beside it, their arrivals as recorded: the difference is what the process changed.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from opsloop.analysis.desks import read_office
from opsloop.analysis.event_columns import Columns, Floats, Frame, load
from opsloop.analysis.process_model import Model, fitted_model
from opsloop.analysis.simulated_cases import AS_IS, Cases, Scenario, draw_cases
from opsloop.analysis.worktime import CLOCK, Calendar, cumulative_seconds

REPLICATIONS: Final = 30
WARM_UP: Final = 0.1
CREDIBLE_ERROR: Final = 0.15
FIRST_PART: Final = 0.7
MOST_EVENTS: Final = 20_000  # of the latest cases, where a log has more
_TRIED: Final = 5  # replications per choice
_SEED: Final = 20240520


class NothingToSimulate(ValueError):
    """Fewer than two cases: there is no arrival pattern to repeat."""


@dataclass(frozen=True)
class Fitted:
    """A log with the model of all its cases and that of the first 70 %."""

    model: Model
    first_part: Model
    first_free: bool
    calendar: Calendar  # that cycle times are told on
    arrival: Floats  # recorded, hours since the first of the office's days
    spans: Floats  # of the log in order of arrival, hours


@dataclass(frozen=True)
class Spread:
    """A figure's mean over the replications, with the middle 95 % of them; hours."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Simulated:
    """Median and P90 of the cycle time of each replication; hours."""

    medians: tuple[float, ...]
    p90s: tuple[float, ...]
    cases: int

    @property
    def median(self) -> Spread:
        return _spread(self.medians)

    @property
    def p90(self) -> Spread:
        return _spread(self.p90s)

    @property
    def replications(self) -> int:
        return len(self.medians)

    def less(self, other: "Simulated") -> tuple[Spread, Spread]:
        """Differences of median and P90, this less the other, replication by replication."""
        pairs = ((self.medians, other.medians), (self.p90s, other.p90s))
        median, p90 = (_spread(np.subtract(mine, theirs)) for mine, theirs in pairs)
        return median, p90


@dataclass(frozen=True)
class Errors:
    """What was recorded, and simulated ÷ recorded − 1."""

    log_median: float
    log_p90: float
    median_error: float
    p90_error: float

    @property
    def within(self) -> bool:
        return max(abs(self.median_error), abs(self.p90_error)) <= CREDIBLE_ERROR


@dataclass(frozen=True)
class Validation:
    """As-is simulated against the log, and a model of the first 70 % against the others."""

    simulated: Simulated
    whole: Errors
    later: Errors

    @property
    def credible(self) -> bool:
        return self.whole.within


def _spread(values: "Sequence[float] | Floats") -> Spread:
    low, high = np.quantile(values, [0.025, 0.975])
    return Spread(float(np.mean(values)), float(low), float(high))


def fit(frame: Frame, *, calendar: Calendar = CLOCK) -> Fitted:
    """Read the model off a log. Raises `NothingToSimulate`."""
    columns = _latest(load(frame, also=("resource_no", "amount_fen")))
    if columns.cases < 2:
        raise NothingToSimulate
    office = read_office(columns, calendar)
    starts, ends = columns.begin[columns.first], np.maximum.reduceat(columns.end, columns.first)
    order = np.argsort(starts, kind="stable")
    worked = cumulative_seconds(calendar, ends) - cumulative_seconds(calendar, starts)
    spans, arrival = worked[order] / 3600, office.days.hours(starts[order])
    first = np.zeros(columns.cases, dtype=np.bool_)
    first[order[: max(2, round(columns.cases * FIRST_PART))]] = True
    every = np.ones(columns.cases, dtype=np.bool_)
    choices: list[tuple[float, Fitted]] = []
    for on_clock in (True, False):
        model, part = (fitted_model(office, mask, on_clock=on_clock) for mask in (every, first))
        for first_free in (False, True) if len(office.desks) else (False,):
            fitted = Fitted(model, part, first_free, calendar, arrival, spans)
            choices.append((_tried(fitted), fitted))
    return min(choices, key=lambda one: one[0])[1]


def _tried(fitted: Fitted) -> float:
    """How far a choice misses the log, arrivals drawn and arrivals as recorded."""
    missed = 0.0
    for arrival in (None, fitted.arrival):
        runs = _run(fitted, AS_IS, _TRIED, _SEED - 1, arrival=arrival)
        told = _errors(fitted.spans, runs)
        missed += abs(told.median_error) + abs(told.p90_error)
    return missed


def _latest(columns: Columns) -> Columns:
    if len(columns.activity) <= MOST_EVENTS:
        return columns
    latest_first = np.argsort(-columns.begin[columns.first], kind="stable")
    kept = np.zeros(columns.cases, dtype=np.bool_)
    kept[latest_first] = np.cumsum(columns.lengths[latest_first]) <= MOST_EVENTS
    kept[latest_first[:2]] = True
    return columns.only(kept)


def simulate(
    fitted: Fitted, scenario: Scenario = AS_IS, *, replications: int = REPLICATIONS,
    seed: int = _SEED,
) -> Simulated:  # fmt: skip
    """Run the model; the first tenth of the cases of each replication fills it and is not counted."""
    return _summed(_run(fitted, scenario, replications, seed), 0, len(fitted.spans))


def validate(
    fitted: Fitted, *, replications: int = REPLICATIONS, seed: int = _SEED
) -> Validation:  # fmt: skip
    """Simulate the process as it is and compare with the log it was read from."""
    runs = _run(fitted, AS_IS, replications, seed)
    cases = len(fitted.spans)
    others = round(cases * FIRST_PART)
    part = replace(fitted, model=fitted.first_part)
    told = _run(part, AS_IS, replications, seed, arrival=fitted.arrival)
    return Validation(
        _summed(runs, 0, cases), _errors(fitted.spans, runs),
        _errors(fitted.spans, told, since=min(others, cases - 1)),
    )  # fmt: skip


def _run(
    fitted: Fitted, scenario: Scenario, replications: int, seed: int, arrival: Floats | None = None
) -> list[Floats]:  # fmt: skip
    """Cycle times in order of arrival, by replication; arrivals drawn, unless they are given."""
    desks, cases = _Desks(fitted, scenario), len(fitted.spans)
    runs = []
    for number in range(replications):
        random = np.random.default_rng((seed, number))
        drawn = draw_cases(fitted.model, scenario, cases, random)
        if arrival is not None:
            drawn = replace(drawn, arrival=arrival)
        begun, done = _Run(desks, drawn).times()
        days, calendar = fitted.model.office.days, fitted.calendar
        worked = [cumulative_seconds(calendar, days.instants(at)) for at in (begun, done)]
        runs.append((worked[1] - worked[0]) / 3600)
    return runs


def _counted(spans: Floats, since: int) -> Floats:
    return spans[max(since, int(len(spans) * WARM_UP)) :]


def _summed(runs: Sequence[Floats], since: int, cases: int) -> Simulated:
    kept = [_counted(spans, since) for spans in runs]
    return Simulated(
        tuple(float(np.median(spans)) for spans in kept),
        tuple(float(np.quantile(spans, 0.9)) for spans in kept), cases,
    )  # fmt: skip


def _errors(recorded: Floats, runs: Sequence[Floats], since: int = 0) -> Errors:
    found, log = _summed(runs, since, len(recorded)), _counted(recorded, since)
    median, p90 = float(np.median(log)), float(np.quantile(log, 0.9))
    return Errors(median, p90, _error(found.median.mean, median), _error(found.p90.mean, p90))


def _error(simulated: float, recorded: float) -> float:
    if recorded:
        return simulated / recorded - 1
    return 0.0 if simulated == recorded else float("inf")


class _Desks:
    """Timetables and holds as a scenario has them; the same for all replications."""

    def __init__(self, fitted: Fitted, scenario: Scenario) -> None:
        model, office = fitted.model, fitted.model.office
        self.model, self.first_free = model, fitted.first_free
        self.staff = scenario.staff(model)
        self.of_step = {step: desk.timetable for step, desk in office.steps.items()}
        self.timetable = [desk.timetable for desk in office.desks]
        self.held = [desk.held for desk in office.desks]
        self.at: dict[tuple[int, int], int] = dict(office.desk_of)
        for step, (people, _) in self.staff.items():
            for person in people:
                if person < 0:  # added: hours of the person who does the step most
                    like = self.at[model.people[step][0][int(np.argmax(np.diff(
                        model.people[step][1], prepend=0)))], step]  # fmt: skip
                    self.at[person, step] = len(self.timetable)
                    self.timetable.append(self.timetable[like])
                    self.held.append(self.held[like])
        for step in scenario.daily:
            self.of_step[step] = office.steps[step].week.daily(office.usual).over(office.days)
            for person in self.staff[step][0]:
                self._open_daily(person, step)

    def _open_daily(self, person: int, step: int) -> None:
        office = self.model.office
        at = self.at[person, step]
        week = office.desks[at].week if at < len(office.desks) else office.steps[step].week
        self.timetable[at] = week.daily(office.usual).over(office.days)


class _Run:
    """One replication: cases enter, queue at desks, and leave."""

    def __init__(self, desks: _Desks, cases: Cases) -> None:
        self.desks, self.cases = desks, cases
        self.free = [0.0] * len(desks.timetable)
        self.left = [0] * len(cases.stages)  # executions of the case's stage not yet done
        self.latest = [0.0] * len(cases.stages)  # when the last of those done ended
        self.done = cases.arrival.copy()
        self.queue: list[tuple[float, int, int, int]] = []  # ready, row, case, stage

    def times(self) -> tuple[Floats, Floats]:
        """(begun, done) per case in order of arrival."""
        for case, at in enumerate(self.cases.arrival.tolist()):
            self._enter(case, 0, at)
        while self.queue:
            self._work_on(*heapq.heappop(self.queue))
        return self.cases.arrival, self.done

    def _enter(self, case: int, stage: int, at: float) -> None:
        stages = self.cases.stages[case]
        if stage == len(stages):
            self.done[case] = at
            return
        self.left[case], self.latest[case] = len(stages[stage]), at
        for row in stages[stage]:
            ready, delay = at, self.cases.delay[row] if stage else 0.0
            if delay and self.desks.model.on_clock:
                ready = at + delay
            elif delay:
                timetable = self.desks.of_step[self.cases.step[row]]
                ready = timetable.reached(timetable.worked(at) + delay)
            heapq.heappush(self.queue, (ready, row, case, stage))

    def _work_on(self, ready: float, row: int, case: int, stage: int) -> None:
        step, work = self.cases.step[row], self.cases.work[row]
        desk = self._desk(row, step, stage)
        timetable = self.desks.of_step[step] if desk < 0 else self.desks.timetable[desk]
        # Whoever submits does so at once: a case's first step begins when it arrives.
        free = self.free[desk] if desk >= 0 and stage else 0.0
        begin = timetable.next_open(max(ready, free))
        end = begin
        if work:
            worked = timetable.worked(begin)
            end = timetable.reached(worked + work)
            if desk >= 0 and stage:
                self.free[desk] = timetable.reached(worked + work * self.desks.held[desk])
        self.latest[case] = max(self.latest[case], end)
        self.left[case] -= 1
        if not self.left[case]:
            self._enter(case, stage + 1, self.latest[case])

    def _desk(self, row: int, step: int, stage: int) -> int:
        people = self.desks.staff[step][0]
        if not people:
            return -1
        if self.desks.first_free and stage:
            return min((self.desks.at[one, step] for one in people), key=self.free.__getitem__)
        return self.desks.at[self.cases.person[row], step]
