"""What if? A small discrete-event simulation of a process, validated against its own log.

Time is the calendar's working time, so nights and weekends are outside. A simulated case repeats a
recorded one drawn at random: its path, how long each execution lasted, and how long it was left
lying (waiting that no queue explains). Durations of a case stay together, because cases that are
slow at one step are slow at others. Queues at people form anew. It goes to the person who did it, or to one added. People work on several things at once when the log says they do: they are
held for the part of a duration that the log shows them busy.

A model that does not reproduce the median and the P90 of its own log within 15 % says so, and
nothing may be concluded from it.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import fresh_parts, waiting
from opsloop.analysis.event_columns import HOUR_US, Columns, Floats, Frame, Ints, case_spans, load
from opsloop.analysis.worktime import CLOCK, Calendar

REPLICATIONS: Final = 30
WARM_UP: Final = 0.1
CREDIBLE_ERROR: Final = 0.15
_MOST_CASES: Final = 1_000  # simulated in one replication
_RUN_OF_GAPS: Final = 20
_SEED: Final = 20240520
_NONE: Final[Mapping[int, float]] = MappingProxyType({})


class NothingToSimulate(ValueError):
    """Fewer than two cases: there is no arrival pattern to repeat."""


@dataclass(frozen=True)
class Model:
    """What a log says about arrivals, paths, durations and people; hours of the calendar."""

    gaps: Floats  # between the arrivals of consecutive cases
    cases: tuple[tuple[int, int], ...]  # rows of each case: from, up to
    steps: tuple[int, ...]  # the step of each row
    work: tuple[float, ...]  # hours of each row
    lying: tuple[float, ...]  # hours each row was ready and left lying
    who: tuple[int, ...]  # the person of each row, −1 unknown
    held: Mapping[int, float]  # part of its duration an execution of the step holds its person
    spans: Floats  # cycle times of the log


@dataclass(frozen=True)
class Scenario:
    """Changes to the model; factors multiply, 1 leaves as is. Steps by their number.

    `skip` is the share of cases that leave a step out (an approval limit), `together` names steps
    that run side by side, `returns` the share of repeated executions that remain.
    """

    removed: frozenset[int] = frozenset()
    work: Mapping[int, float] = field(default_factory=lambda: _NONE)
    idle: Mapping[int, float] = field(default_factory=lambda: _NONE)
    more_people: Mapping[int, float] = field(default_factory=lambda: _NONE)
    skip: Mapping[int, float] = field(default_factory=lambda: _NONE)
    together: tuple[frozenset[int], ...] = ()
    returns: float = 1.0
    arrivals: float = 1.0


AS_IS: Final = Scenario()


@dataclass(frozen=True)
class Simulated:
    """Means over the replications, with the middle 95 % of them; hours."""

    median: float
    median_low: float
    median_high: float
    p90: float
    p90_low: float
    p90_high: float
    cases: int
    replications: int


@dataclass(frozen=True)
class Validation:
    """As-is simulated against the log: relative errors, and whether the model may be used."""

    log_median: float
    log_p90: float
    simulated: Simulated
    median_error: float
    p90_error: float

    @property
    def credible(self) -> bool:
        return max(abs(self.median_error), abs(self.p90_error)) <= CREDIBLE_ERROR


def fit(frame: Frame, *, calendar: Calendar = CLOCK) -> Model:
    """Read the model off a log. Raises `NothingToSimulate`."""
    counted = load(frame, calendar=calendar, also=("resource_no",))
    if counted.cases < 2:
        raise NothingToSimulate
    starts = np.sort(counted.begin[counted.first])
    steps = np.unique(counted.activity).tolist()
    rows = {step: np.flatnonzero(counted.activity == step) for step in steps}
    bounds = [*counted.first.tolist(), len(counted.activity)]
    return Model(
        gaps=np.diff(starts) / HOUR_US,
        cases=tuple(pairwise(bounds)),
        steps=tuple(counted.activity.tolist()),
        work=tuple(_hours(counted.end - counted.begin).tolist()),
        lying=tuple(_left_lying(counted).tolist()),
        who=_who(counted),
        held=_held(counted, rows),
        spans=case_spans(counted) / HOUR_US,
    )


def _left_lying(columns: Columns) -> Floats:
    """Per row, hours between enabled and ready: what no queue at its person explains.

    An execution was ready at the last moment its person was free before beginning it; whoever
    worked without a break since it was enabled let it wait for nothing but their queue.
    """
    waits = waiting(columns)
    if columns.resource is None or not columns.has_start:
        return _hours(waits)
    lying = waits.copy()
    for person in np.unique(columns.resource[columns.resource >= 0]).tolist():
        rows = _in_order(columns, person)
        begin = columns.begin[rows]
        opens, fresh = fresh_parts(begin, columns.end[rows])
        breaks = np.ones(len(rows), dtype=np.bool_)
        breaks[1:] = opens[1:] > (opens + fresh)[:-1]
        block = np.maximum.accumulate(np.where(breaks, begin, np.iinfo(np.int64).min))
        enabled = begin - waits[rows]
        lying[rows] = np.where(block < begin, np.maximum(block - enabled, 0), waits[rows])
    return _hours(lying)


def _hours(times: Ints) -> Floats:
    hours: Floats = np.maximum(times, 0) / HOUR_US
    return hours


def _in_order(columns: Columns, person: int) -> NDArray[np.intp]:
    rows = np.flatnonzero(columns.resource == person)
    return rows[np.lexsort((columns.end[rows], columns.begin[rows]))]


def _who(columns: Columns) -> tuple[int, ...]:
    if columns.resource is None:
        return (-1,) * len(columns.activity)
    return tuple(columns.resource.tolist())


def _people(resource: Ints | None, rows: NDArray[np.intp]) -> tuple[int, ...]:
    if resource is None:
        return ()
    return tuple(one for one in np.unique(resource[rows]).tolist() if one >= 0)


def _held(columns: Columns, rows: Mapping[int, NDArray[np.intp]]) -> dict[int, float]:
    """Union of a step's people's intervals ÷ their sum: below 1 where people do things at once."""
    if columns.resource is None:
        return dict.fromkeys(rows, 1.0)
    union: dict[int, int] = {}
    total: dict[int, int] = {}
    for person in np.unique(columns.resource).tolist():
        mine = _in_order(columns, person)
        begin, end = columns.begin[mine], columns.end[mine]
        union[person] = int(fresh_parts(begin, end)[1].sum())
        total[person] = int((end - begin).sum())
    shares = {}
    for step, at in rows.items():
        people = _people(columns.resource, at)
        whole = sum(total[one] for one in people)
        shares[step] = sum(union[one] for one in people) / whole if whole else 1.0
    return shares


def simulate(
    model: Model, scenario: Scenario = AS_IS, *, replications: int = REPLICATIONS, seed: int = _SEED
) -> Simulated:
    """Run the model; the first tenth of the cases of each replication fills it and is not counted."""
    medians, tails = [], []
    cases = min(len(model.cases), _MOST_CASES)
    for number in range(replications):
        random = np.random.default_rng((seed, number))
        spans = _Run(model, scenario, cases, random).spans()[int(cases * WARM_UP) :]
        medians.append(float(np.median(spans)))
        tails.append(float(np.quantile(spans, 0.9)))
    low, high = np.quantile(medians, [0.025, 0.975])
    tail_low, tail_high = np.quantile(tails, [0.025, 0.975])
    return Simulated(
        float(np.mean(medians)), float(low), float(high), float(np.mean(tails)), float(tail_low),
        float(tail_high), cases, replications,
    )  # fmt: skip


def validate(model: Model, *, replications: int = REPLICATIONS, seed: int = _SEED) -> Validation:
    """Simulate the process as it is and compare with the log it was read from."""
    found = simulate(model, replications=replications, seed=seed)
    median, p90 = float(np.median(model.spans)), float(np.quantile(model.spans, 0.9))
    return Validation(median, p90, found, _error(found.median, median), _error(found.p90, p90))


def _error(simulated: float, recorded: float) -> float:
    if recorded:
        return simulated / recorded - 1
    return 0.0 if simulated == recorded else float("inf")


Stage = tuple[int, ...]  # rows that run side by side


def _stages(
    model: Model, case: tuple[int, int], scenario: Scenario, random: np.random.Generator
) -> list[Stage]:
    """A recorded case under the scenario; consecutive steps of one group share a stage."""
    kept: list[Stage] = []
    seen: set[int] = set()
    for row in range(*case):
        step = model.steps[row]
        again = step in seen and scenario.returns < 1 and random.random() >= scenario.returns
        seen.add(step)
        left_out = scenario.skip.get(step, 0.0)
        if step in scenario.removed or again or (left_out and random.random() < left_out):
            continue
        last = {model.steps[other] for other in kept[-1]} if kept else set()
        if last and any({step} | last <= group for group in scenario.together) and step not in last:
            kept[-1] = (*kept[-1], row)
        else:
            kept.append((row,))
    return kept


def _arrival_gaps(gaps: Floats, cases: int, random: np.random.Generator) -> Floats:
    """Recorded gaps in runs of twenty, so that busy days stay busy days."""
    starts = random.integers(0, len(gaps), -(-cases // _RUN_OF_GAPS))
    places = (starts[:, None] + np.arange(_RUN_OF_GAPS)) % len(gaps)
    drawn: Floats = gaps[places.reshape(-1)[:cases]]
    return drawn


class _Run:
    """One replication: cases enter, queue for people, and leave."""

    def __init__(
        self, model: Model, scenario: Scenario, cases: int, random: np.random.Generator
    ) -> None:
        self.model, self.scenario = model, scenario
        self.arrival = np.cumsum(_arrival_gaps(model.gaps, cases, random) / scenario.arrivals)
        drawn = random.integers(0, len(model.cases), cases).tolist()
        self.stages = [_stages(model, model.cases[number], scenario, random) for number in drawn]
        self.finished = self.arrival.copy()
        self.added = _added(scenario)
        self.free: dict[int, float] = {}
        self.left = [0] * cases  # executions of the case's stage not yet done
        self.latest = [0.0] * cases  # when the last of those done ended
        self.queue: list[tuple[float, int, int, int]] = []  # ready, row, case, stage

    def spans(self) -> Floats:
        """Cycle times in order of arrival."""
        for case, at in enumerate(self.arrival.tolist()):
            self._enter(case, 0, at)
        while self.queue:
            self._work_on(*heapq.heappop(self.queue))
        return self.finished - self.arrival

    def _enter(self, case: int, stage: int, at: float) -> None:
        if stage == len(self.stages[case]):
            self.finished[case] = at
            return
        rows = self.stages[case][stage]
        self.left[case] = len(rows)
        for row in rows:
            lying = self.model.lying[row] * self.scenario.idle.get(self.model.steps[row], 1.0)
            heapq.heappush(self.queue, (at + lying, row, case, stage))

    def _work_on(self, ready: float, row: int, case: int, stage: int) -> None:
        step = self.model.steps[row]
        work = self.model.work[row] * self.scenario.work.get(step, 1.0)
        begin = ready
        if self.model.who[row] >= 0:
            people = [self.model.who[row], *self.added.get(step, ())]
            person = min(people, key=lambda one: self.free.get(one, 0.0))
            begin = max(ready, self.free.get(person, 0.0))
            self.free[person] = begin + work * self.model.held[step]
        self.latest[case] = max(self.latest[case], begin + work)
        self.left[case] -= 1
        if not self.left[case]:
            self._enter(case, stage + 1, self.latest[case])


def _added(scenario: Scenario) -> dict[int, list[int]]:
    """People a scenario adds, by step; numbered below the unknown one."""
    added: dict[int, list[int]] = {}
    number = -1
    for step, count in scenario.more_people.items():
        added[step] = list(range(number - round(count), number))
        number -= round(count)
    return added
